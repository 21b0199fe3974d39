import { describe, expect, it } from 'vitest';

import { parseJson } from './parse.ts';

describe('a record is', () => {
  it.each<[name: string, bytes: Uint8Array, value: unknown]>([
    ['parsed with characters of any length', Buffer.from('{"a":"ä€😀"}'), { a: 'ä€😀' }],
    ['parsed with half of a surrogate pair as an escape', Buffer.from('{"a":"\\ud800"}'), { a: '\ud800' }],
    ['parsed with the last of two equal keys', Buffer.from('{"a":1,"a":2}'), { a: 2 }],
    ['parsed with a number past all bounds', Buffer.from('{"a":1e999}'), { a: Infinity }],
  ])('%s', (_, bytes, value) => {
    expect(parseJson(bytes)).toEqual({ value });
  });

  it.each<[name: string, bytes: Uint8Array, problem: RegExp]>([
    [
      'refused with a byte that is not UTF-8',
      Buffer.from('{"a":"x\xff"}', 'latin1'),
      /byte 0xff at offset 7 of/,
    ],
    [
      'refused with a character that is cut',
      Buffer.from('{"a":"€\xe2\x82"}', 'latin1').fill(0x41, 6, 7),
      /byte 0xe2 at offset 7 of/,
    ],
    [
      'refused with a good character before a bad byte',
      Buffer.concat([Buffer.from('{"a":"€😀'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
      /byte 0xc0 at offset 13 of/,
    ],
    ['refused with a raw control character', Buffer.from('{"a":"\0"}'), /^not JSON: /],
    ['refused with a word that is none', Buffer.from('{"a":NaN}'), /^not JSON: /],
  ])('%s', (_, bytes, problem) => {
    expect(parseJson(bytes)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it('not changed in its prototype by a key', () => {
    const parsed = parseJson(Buffer.from('{"__proto__":{"admin":true}}'));
    const value = 'value' in parsed ? parsed.value : undefined;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('shown in a message without anything that could steer a terminal', () => {
    const parsed = parseJson(Buffer.from('{"a":\u001b[31m\u202e}'));
    expect('problem' in parsed ? parsed.problem : '').toMatch(/^[\x20-\x7e]+$/);
  });
});
