import { describe, expect, it } from 'vitest';
import { checkListen, hostName, isLoopback } from './loopback.ts';

describe('isLoopback', () => {
  it.each([
    'localhost',
    'LocalHost',
    'localhost.',
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
  ])('%s is this machine', (host) => expect(isLoopback(host)).toBe(true));

  it.each([
    '',
    '0.0.0.0',
    '::',
    '[::]',
    '*',
    '10.0.0.1',
    '128.0.0.1',
    '126.255.255.255',
    '127.1',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.localhost',
    'evil.example',
    '::2',
    '::1%eth0',
    '[127.0.0.1',
    '::ffff:10.0.0.1',
    '0x7f000001',
    ' 127.0.0.1',
  ])("'%s' is not", (host) => expect(isLoopback(host)).toBe(false));
});

describe('hostName', () => {
  it.each([
    ['localhost:7117', 'localhost'],
    ['LOCALHOST', 'localhost'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['[::1]:7117', '[::1]'],
    ['tocsin.example.com', 'tocsin.example.com'],
  ])('%s names %s', (header, name) => expect(hostName(header)).toBe(name));

  it.each([
    undefined,
    '',
    ':80',
    'a@localhost',
    'localhost/x',
    'localhost:port',
    '127.0.0.1:80:80',
    'a b',
    '::1',
  ])('%s is no host header', (header) => expect(hostName(header)).toBeUndefined());
});

describe('checkListen', () => {
  const key = { name: 'x', key: 'y', scope: 'all' };
  it.each([
    ['127.0.0.1', []],
    ['::1', []],
    ['localhost', []],
    ['0.0.0.0', [key]],
    ['203.0.113.7', [key]],
  ])('lets %s listen', (host, keys) => expect(checkListen(host, keys)).toBeUndefined());

  it.each(['0.0.0.0', '::', '203.0.113.7', 'tocsin.example.com', ''])("refuses '%s' without keys", (host) => {
    const refusal = checkListen(host, []);
    expect(refusal).toContain(host === '' ? 'every address' : `'${host}'`);
    expect(refusal).toContain('configure a key, or listen on 127.0.0.1');
  });
});
