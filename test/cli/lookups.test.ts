import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeServer, type FakeServer } from '../../src/notify/testing/fake-server.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const env = { KEY: 'a-secret-key' };

let server: FakeServer;

beforeAll(async () => {
  server = await startFakeServer(() => ({
    type: 'answer',
    status: 200,
    body: '{"noise":true,"riot":false,"classification":"malicious","name":"unknown"}',
  }));
  writeFileSync(at('feed.csv'), 'ip,malware\n185.220.101.0/24,Emotet \u001b[31m\nnothing,x\n');
  const config = {
    data: at('data'),
    intel: { feeds: { partner: { file: at('feed.csv') } } },
    lookups: { providers: { greynoise: { key: 'env:KEY', url: server.url } }, neverAsk: ['9.9.9.0/24'] },
  };
  writeFileSync(at('tocsin.yaml'), JSON.stringify(config));
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

const run = (...args: readonly string[]) => tocsin([...args, '--config', at('tocsin.yaml')], { env });

describe('tocsin lookups test', () => {
  it('shows what an alert would say', async () => {
    const { code, stdout } = await run('lookups', 'test', 'greynoise', '185.220.101.1');
    expect(stdout).toBe(
      'GreyNoise on 185.220.101.1: malicious, scans the internet, malicious\n  https://viz.greynoise.io/ip/185.220.101.1\n',
    );
    expect(code).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['10.0.0.1', /private, reserved or your own/],
    ['9.9.9.9', /private, reserved or your own/],
    ['evil.example.net', /is not asked about a domain; it knows address/],
    ['what?', /is no address, no domain/],
  ])('asks nobody about %s', async (what, reason) => {
    const { code, stderr } = await run('lookups', 'test', 'greynoise', what);
    expect(stderr).toMatch(reason);
    expect(code).toBe(2);
    expect(server.requests).toHaveLength(1);
  });
});

describe('tocsin lists', () => {
  it('shows feeds of indicators beside lists', async () => {
    const { code, stdout } = await run('lists', 'list', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      lists: [],
      feeds: [
        {
          name: 'partner',
          problem: null,
          contents: { format: 'csv', indicators: 1, address: 1, leftOut: 1 },
        },
      ],
    });
    expect(code).toBe(0);
  });

  it('says which feed has an address, harmlessly', async () => {
    const { stdout } = await run('lists', 'find', '185.220.101.77', '8.8.8.8');
    expect(stdout).toBe('185.220.101.77: feed partner (Emotet \\x1b[31m)\n8.8.8.8: on no list\n');
  });
});
