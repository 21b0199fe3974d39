import fc from 'fast-check';
import { expect, it } from 'vitest';
import { junitXml } from './junit.ts';

const suite = (name: string, message?: string) => ({
  name,
  file: 'r.yml',
  cases: [
    {
      name,
      file: 'r.test.yml',
      line: 3,
      outcome: message === undefined ? undefined : { type: 'failure' as const, message },
    },
  ],
});

it('counts cases and tells failures with their message', () => {
  expect(junitXml([suite('a'), suite('b', 'x < "y" & z')])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tocsin rules test" tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="a" file="r.yml" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="a" classname="a" file="r.test.yml" line="3"/>
  </testsuite>
  <testsuite name="b" file="r.yml" tests="1" failures="1" errors="0" skipped="0">
    <testcase name="b" classname="b" file="r.test.yml" line="3">
      <failure message="x &lt; &quot;y&quot; &amp; z"/>
    </testcase>
  </testsuite>
</testsuites>
`);
});

it('keeps every line break of a message, which a plain one in an attribute would lose', () => {
  expect(junitXml([suite('a', 'one\ntwo')])).toContain('message="one&#10;two"');
});

it('holds nothing that XML 1.0 forbids, whatever a rule says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, message) => {
      const xml = junitXml([suite(`${name}\ud800`, `\u0000\ufffe${message}`)]);
      expect(xml).not.toMatch(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u);
      // Once what is quoted is taken out, only the tags of the report are left.
      const bare = xml.replace(/="[^"<]*"/g, '');
      expect(bare.match(/<[^>]*>/g)).toHaveLength(8);
    }),
  );
});
