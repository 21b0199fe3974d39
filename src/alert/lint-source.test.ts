import { expect, it } from 'vitest';
import { lintSource } from './lint-source.ts';

it.each<[string, readonly string[]]>([
  ['attack.t1059', []],
  ['detection.threat-hunting', []],
  ['d3fend.d3f-WindowsNtOpenFile', []],
  ['acme.payments', ['unknown-namespace']],
  ['attack', ['tag-form']],
])('the tag %s gives %j', (tag, codes) => {
  const source = `title: T\nid: 6f2d9a0e-3c1b-4d59-8a57-2f0c7e91b5d4\ntags:\n  - ${tag}\n`;
  const found = lintSource({ source, path: 'r.yml', newId: () => 'none' });
  expect(found.map(({ code }) => code)).toEqual(codes);
  expect(found.every(({ line, column }) => line === 4 && column === 5)).toBe(true);
});
