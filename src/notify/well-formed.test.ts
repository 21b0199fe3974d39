import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wellFormedJson } from './well-formed.ts';

const half = String.fromCharCode(0xd800);

describe('JSON for receivers that are strict', () => {
  it.each<[string, unknown, unknown]>([
    ['texts', { a: `x${half}` }, { a: 'x\ufffd' }],
    ['names', { [half]: 1 }, { '\ufffd': 1 }],
    ['names that differ in nothing else', { [half]: 1, '\ufffd': 2 }, { '\ufffd': 2, '\ufffd (2)': 1 }],
    ['what lies deep', [{ a: [{ [half]: [half] }] }], [{ a: [{ '\ufffd': ['\ufffd'] }] }]],
    ['no whole pair', { a: '😀' }, { a: '😀' }],
    ['no text that spells one', { a: String.raw`\ud800` }, { a: String.raw`\ud800` }],
  ])('has no halves of surrogate pairs in %s', (_, value, wanted) => {
    expect(JSON.parse(wellFormedJson(value))).toEqual(wanted);
  });

  it('is JSON that encodes to UTF-8 and back, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const parsed: unknown = JSON.parse(wellFormedJson(value));
        expect(JSON.parse(Buffer.from(JSON.stringify(parsed)).toString())).toEqual(parsed);
        expect(JSON.stringify(parsed).replaceAll('\\\\', '')).not.toMatch(/\\ud[89a-f]/);
      }),
    );
  });

  it('is what JSON.stringify makes of all that is well-formed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(wellFormedJson(value)).toBe(JSON.stringify(value));
      }),
    );
  });
});
