import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { publishedRules } from '../../test/support/published-rules.ts';
import { lintFinding, type LintFinding } from './lint-finding.ts';
import { applyFixes } from './lint-fix.ts';
import { lintSource } from './lint-source.ts';

const id = '00000000-0000-4000-8000-000000000000';
const withId = `title: T\nid: ${id}\nlogsource: { product: aws, service: cloudtrail }\n`;
const detection = 'detection:\n  selection:\n    eventName: StopLogging\n  condition: selection\n';

function fix(source: string): { text: string; codes: string[] } {
  const findings = lintSource({ source, path: 'r.yml', newId: () => id });
  const { text, applied } = applyFixes(source, 'r.yml', findings);
  return { text, codes: applied.map(({ code }) => code) };
}

describe('mends', () => {
  it.each<[string, string, string]>([
    ['dates with slashes', 'date: 2024/01/15', 'date: 2024-01-15'],
    ['dates without zeros', "modified: '2024/1/5' # late", "modified: '2024-01-05' # late"],
    ['the case of a level', 'level: High', 'level: high'],
    ['the case of a status, in its quotes', 'status: "TEST"', 'status: "test"'],
    ['tags in capitals', 'tags: [Attack.T1530, "TLP.Amber"]', 'tags: [attack.t1530, "tlp.amber"]'],
    ['tactics with underlines', 'tags:\n  - attack.defense_evasion', 'tags:\n  - attack.defense-evasion'],
    [
      'numbers of vulnerabilities',
      'tags: [CVE-2021-44228, cve.2021.3156]',
      'tags: [cve.2021-44228, cve.2021-3156]',
    ],
    ['spaces at the end of a line', 'author: me  \t', 'author: me'],
    ['spaces behind a comment', '# why   ', '# why'],
  ])('%s', (_, before, after) => {
    const make = (line: string) => `${withId}${line}\n# kept:   as it is\n${detection}`;
    expect(fix(make(before)).text).toBe(make(after));
  });

  it.each<[string, string, string]>([
    ['a single detection behind a quantifier', '1 of them', 'selection'],
    ['the same by its pattern', 'all of sel*', 'selection'],
    ['the same within a condition', 'not 1 of selection', 'not selection'],
  ])('%s', (_, before, after) => {
    const make = (condition: string) =>
      withId + detection.replace(/condition: .*/, `condition: ${condition}`);
    expect(fix(make(before)).text).toBe(make(after));
  });

  it.each<[string, string, string]>([
    ['wildcards at both ends', "a: '*b*'", "a|contains: 'b'"],
    ['wildcards before', 'a: "*b"', 'a|endswith: "b"'],
    ['wildcards behind', 'a: b*', 'a|startswith: b'],
    ['wildcards of each value in a list', "a|all: ['*b*', '*c d*']", "a|contains|all: ['b', 'c d']"],
    ['a field with dots, and a wildcard inside', "x.y[].z: '*b*c*'", "x.y[].z|contains: 'b*c'"],
    ['a field in quotes', '"a": \'*b*\'', '"a|contains": \'b\''],
    ['an escaped wildcard inside', String.raw`a: '*\*b*'`, String.raw`a|contains: '\*b'`],
  ])('%s', (_, before, after) => {
    const make = (field: string) => withId + detection.replace('eventName: StopLogging', field);
    const result = fix(make(before));
    expect(result.text).toBe(make(after));
    expect(parseRules(make(after), 'r.yml').rules[0]?.detections).toEqual(
      parseRules(make(before), 'r.yml').rules[0]?.detections,
    );
  });

  it('a missing id, with the line breaks of the file', () => {
    expect(fix(`title: T\r\nlogsource: {}\r\n${detection.replaceAll('\n', '\r\n')}`).text).toBe(
      `title: T\r\nid: ${id}\r\nlogsource: {}\r\n${detection.replaceAll('\n', '\r\n')}`,
    );
  });

  it('a last line that does not end', () => {
    expect(fix(withId + detection.trimEnd()).text).toBe(withId + detection);
  });

  it('several documents of a file', () => {
    const document = `title: T\nlevel: LOW\nlogsource: {}\n${detection}`;
    const mended = document.replace('LOW', 'low').replace('title: T\n', `title: T\nid: ${id}\n`);
    expect(fix(`${document}---\n${document}`).text).toBe(`${mended}---\n${mended}`);
  });
});

describe('leaves alone', () => {
  it.each<[string, string]>([
    ['a day that there is not', 'date: 2024/02/30'],
    ['a date that could be read two ways', 'date: 01/02/2024'],
    ['a level that is none', 'level: severe'],
    ['a tag that would then be there twice', 'tags: [attack.T1530, attack.t1530]'],
    ['a tag that is none', 'tags: [something]'],
    ["names of D3FEND's artifacts", 'tags: [d3fend.d3f-WindowsNtOpenFile]'],
    ['spaces within a text of several lines', 'description: |\n  one   \n  two'],
    ['spaces within a text in quotes', 'description: "one   \n  two"'],
    [
      'filters, to which others will be added',
      'x: 1\ndetection:\n  s: { a: b }\n  filter_a: { c: d }\n  condition: s and not 1 of filter_*',
    ],
  ])('%s', (_, line) => {
    const source = `${withId}${line}\n${line.includes('detection:') ? '' : detection}`;
    expect(fix(source).text).toBe(source);
  });

  it.each<[string, string]>([
    ['wildcards at different ends', "a: ['*b', 'c*']"],
    ['an escaped wildcard at the end', String.raw`a: 'b\*'`],
    ['nothing but wildcards', "a: '*'"],
    ['two wildcards at an end', "a: '**b'"],
    ['a value beside that has none', "a: ['*b*', c]"],
    ['a field with a modifier that reads values otherwise', "a|re: '*b*'"],
    ['a value that would be no text any more', 'a: true*'],
  ])('%s', (_, field) => {
    const source = withId + detection.replace('eventName: StopLogging', field);
    expect(fix(source).text).toBe(source);
  });

  it('a file that is no YAML', () => {
    expect(fix('title: [T\nlevel: High   \n').text).toBe('title: [T\nlevel: High   \n');
  });

  it('an id where the title stands in braces', () => {
    const source = `{ title: T, logsource: {}, detection: { s: { a: b }, condition: s } }\n`;
    expect(fix(source).text).toBe(source);
  });
});

describe('a change that would change a rule is refused', () => {
  const source = `${withId}level: High\n${detection}`;
  const changing = (part: string, text: string): LintFinding => {
    const start = source.indexOf(part);
    return lintFinding('tag-form', 'r.yml', { line: 1, column: 1 }, '', [
      { start, end: start + part.length, text },
    ]);
  };

  it.each<[string, string, string]>([
    ['its value', 'StopLogging', 'StartLogging'],
    ['its field', 'eventName', 'eventname'],
    ['its condition', 'condition: selection', 'condition: not selection'],
    ['its log source', 'service: cloudtrail', 'service: other'],
    ['its title', 'title: T', 'title: U'],
    ['what it is: nothing any more', 'detection:', 'detections:'],
    ['its YAML', 'selection:', 'selection: ['],
  ])('in %s, and the others are applied', (_, part, text) => {
    const findings = lintSource({ source, path: 'r.yml', newId: () => id });
    const result = applyFixes(source, 'r.yml', [changing(part, text), ...findings]);
    expect(result.text).toBe(source.replace('High', 'high'));
    expect(result.applied.map(({ code }) => code)).toEqual(['header-case']);
  });
});

it('a change in a filter is refused as in a rule', () => {
  const source = `title: F\nid: ${id}\nlogsource: { product: aws }\nfilter:\n  rules: any\n  selection: { a: b }\n  condition: not selection\n`;
  for (const [part, text] of [
    ['a: b', 'a: c'],
    ['not selection', 'selection'],
    ['rules: any', 'rules: [x]'],
  ] as const) {
    const start = source.indexOf(part);
    const change = [{ start, end: start + part.length, text }];
    const finding = lintFinding('tag-form', 'r.yml', { line: 1, column: 1 }, '', change);
    expect(applyFixes(source, 'r.yml', [finding]).text, part).toBe(source);
  }
});

describe('whatever a file looks like', () => {
  const header = fc.constantFrom(
    'level: HIGH',
    'status: Test # c',
    'date: 2024/3/4',
    "modified: '2024/03/04'   ",
    'tags: [attack.T1530, x.Y_z]',
    'tags:\n    - Attack.T1098  # why\n    - nothing',
    '# comment   ',
    'description: >\n  folded   \n\n  text  ',
    'author: Ünïcode 😀  ',
    'custom: { a: [1, 2.50, 0x10] }',
  );
  const field = fc.constantFrom(
    "a: '*b*'",
    'b: "x*"',
    'c|all: ["*x*", \'*y*\']',
    'd: 012345678901',
    "e|re: '^a*'",
    "f: ['*', '**']",
    'g: true*',
    'h: null*   ',
    String.raw`i: '\*x\*'`,
    'j: *anchor',
    'k: &k "*v*"',
  );
  const condition = fc.constantFrom(
    'selection',
    '1 of them',
    'all of selection*',
    '(1 of sel*) and not 1 of other',
  );
  const newline = fc.constantFrom('\n', '\r\n');
  const file = fc
    .record({
      headers: fc.uniqueArray(header, { maxLength: 5 }),
      fields: fc.uniqueArray(field, { minLength: 1, maxLength: 4 }),
      condition,
      newline,
      end: fc.constantFrom('', '\n', '  ', '\n\n'),
      withId: fc.boolean(),
      documents: fc.integer({ min: 1, max: 3 }),
    })
    .map((made) => {
      const document = [
        'title: T',
        ...(made.withId ? [`id: ${id}`] : []),
        ...made.headers,
        'logsource: { product: aws }',
        'detection:',
        '  selection:',
        ...made.fields.map((one) => `    ${one}`),
        '  other: { z: 1 }',
        `  condition: ${made.condition}`,
      ].join('\n');
      return (Array.from({ length: made.documents }, () => document).join('\n---\n') + made.end).replaceAll(
        '\n',
        made.newline,
      );
    });
  /** What rules match, with what is allowed to change taken out of the text. */
  const matched = (source: string) =>
    parseRules(source.replace(/^(level|status|date|modified): .*/gim, ''), 'r.yml').rules.map(
      ({ detections, conditions, logsource, custom }) => ({ detections, conditions, logsource, custom }),
    );

  it('the rules stay the same, lines that nothing is said of stay the same, and a second time there is nothing to do', () => {
    fc.assert(
      fc.property(file, (source) => {
        const findings = lintSource({ source, path: 'r.yml', newId: () => id });
        const { text, edits } = applyFixes(source, 'r.yml', findings);
        expect(matched(text)).toEqual(matched(source));
        const touched = new Set(edits.map(({ start }) => source.slice(0, start).split('\n').length));
        const kept = source.split('\n').filter((_, i) => !touched.has(i + 1));
        const lines = text.split('\n');
        let at = 0;
        for (const line of kept) {
          at = lines.indexOf(line, at);
          expect(at, line).toBeGreaterThanOrEqual(0);
          at++;
        }
        const again = lintSource({ source: text, path: 'r.yml', newId: () => id });
        expect(applyFixes(text, 'r.yml', again).text).toBe(text);
      }),
      { numRuns: 100 },
    );
  });
});

describe.skipIf(publishedRules.length === 0)('of the rules that SigmaHQ publishes', () => {
  it('everything that is said to be mendable is mended, and every rule matches what it did', () => {
    let mended = 0;
    const changed: (readonly [unknown, unknown])[] = [];
    for (const { path, text: source } of publishedRules) {
      const findings = lintSource({ source, path, newId: () => id });
      const mendable = findings.filter((finding) => finding.fix !== undefined);
      const { text, applied } = applyFixes(source, path, findings);
      expect(applied, path).toEqual(mendable);
      mended += applied.length;
      if (applied.length === 0) continue;
      changed.push([matchedBy(source, path), matchedBy(text, path)]);
    }
    expect(changed.map(([, now]) => now)).toEqual(changed.map(([before]) => before));
    expect(mended).toBeGreaterThan(0);
  }, 180_000);
});

function matchedBy(source: string, path: string): unknown {
  return parseRules(source, path).rules.map(({ detections, conditions }) => ({ detections, conditions }));
}
