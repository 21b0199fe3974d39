import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonText } from './json.ts';

it('is the same value, with no control or format character but the line break', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const written = jsonText({ [`${text}\u009b`]: `${text}\u202e\u{e0041}` });
      expect(JSON.parse(written)).toEqual({ [`${text}\u009b`]: `${text}\u202e\u{e0041}` });
      expect(written.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});
