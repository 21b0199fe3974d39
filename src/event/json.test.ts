import { describe, expect, it } from 'vitest';

import { member, type Json } from './json.ts';

describe('a member of a JSON value is', () => {
  it.each<[string, string, string, Json | undefined]>([
    ['its own', '{"a":1}', 'a', 1],
    ['its own where that is null', '{"a":null}', 'a', null],
    ['its own under the name of something inherited', '{"constructor":"x"}', 'constructor', 'x'],
    ['its own under the name of the prototype', '{"__proto__":"x"}', '__proto__', 'x'],
    ['not there where nothing is', '{"a":1}', 'b', undefined],
    ['not the constructor', '{}', 'constructor', undefined],
    ['not another function that is inherited', '{}', 'hasOwnProperty', undefined],
    ['not the prototype', '{}', '__proto__', undefined],
    ['nothing of a list', '[1]', '0', undefined],
    ['nothing of a text', '"abc"', 'length', undefined],
    ['nothing of null', 'null', 'a', undefined],
  ])('%s', (_, json, key, value) => {
    expect(member(JSON.parse(json) as Json, key)).toBe(value);
  });
});
