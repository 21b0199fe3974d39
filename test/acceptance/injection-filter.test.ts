import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { parseRules } from '../../src/sigma/parse.ts';
import { compileRules } from '../../src/sigma/ruleset.ts';
import type { Rule } from '../../src/sigma/rule.ts';
import type { Requests } from '../../src/event/requests.ts';
import { batchMatcher, injectionRules, requestMatcher } from '../../src/web/inject-match.ts';
import { rowFilter, type RowFilter } from '../../src/web/inject-prefilter.ts';
import { textTable } from '../../src/web/text-table.ts';
import { requestSubject, requestView } from '../../src/web/inject-view.ts';
import { requestsOf, type Wanted } from '../../src/web/testing/requests.ts';

/** Rules as users write them, on fields as they were sent and in ways that leave the filter little. */
const users = `
title: Raw query
logsource: { category: webserver }
detection: { it: { cs-uri-query|contains: '%27' }, condition: it }
---
title: Address as a whole
logsource: { category: webserver }
detection: { it: { cs-uri|contains: 'admin?x' }, condition: it }
---
title: Anywhere
logsource: { category: webserver }
detection: { keywords: ['sÉcret', 'KELVIN'], condition: keywords }
---
title: Method and agent
logsource: { category: webserver }
detection: { it: { cs-method: POST, cs-user-agent|contains: 'sk' }, condition: it }
---
title: One letter
logsource: { category: webserver }
detection: { it: { tocsin.request.query|contains: '\`' }, condition: it }
`;

let rules: readonly Rule[];
let filter: RowFilter;
let matching: ReturnType<typeof compileRules<ReturnType<typeof requestSubject>>>;

beforeAll(async () => {
  const own = parseRules(users, 'users.yml');
  if (own.problems.length > 0) throw new Error(own.problems[0]?.message);
  rules = injectionRules([...(await loadRules([builtinRules])).rules, ...own.rules]);
  filter = rowFilter(rules);
  matching = compileRules(rules, requestView());
});

const matchesOf = (requests: Requests, row: number): readonly string[] =>
  matching(requestSubject(requests, row)).map(({ title }) => title);

const pieces = fc.constantFrom(
  "'",
  '%27',
  '%2527',
  '<',
  '%3c',
  '\\x3c',
  '&lt;',
  '&#60',
  '..',
  '/',
  '%2f',
  '%c0%af',
  '\\',
  '%5c',
  ';',
  '|',
  '`',
  '$',
  '{',
  '}',
  'union',
  'UNI',
  'ON',
  'select',
  ' ',
  '+',
  '%20',
  '/**/',
  '/*',
  '*/',
  '/*!',
  'or',
  '1=1',
  '--',
  'script',
  'ſcript',
  'onload=',
  'jndi:',
  'j',
  'ldap',
  'etc/',
  'passwd',
  'pas[s]wd',
  'cat',
  "c'a't",
  'id',
  '(',
  ')',
  '[$ne]',
  '=',
  'a',
  'sleep(5)',
  '%00',
  '\u0000',
  'ＡＤ',
  '%ef%bc%9c',
  '\u212aelvin',
  'sécret',
  'SÉCRET',
  'admin',
  '?',
  'x',
  '%',
  '%u003c',
  '{{7*7}}',
  '<?php',
  '$@',
  '$IFS',
  '\u00a0',
  '\r\n',
  'Set-Cookie:',
);
const text = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''));
const wanted: fc.Arbitrary<Wanted> = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  host: text,
  path: text,
  query: text,
  agent: fc.oneof(text, fc.constant('Mozilla/5.0 (X11)')),
  referrer: text,
  forwarded: text,
});

/** What the filter cannot pass over and no rule matches. */
const lookalike: fc.Arbitrary<Wanted> = fc.record({
  path: fc.constantFrom('/installing-windows-8.html', '/blog/windows-8', '/a/windows-8.1.html'),
  query: fc.constantFrom('', 'page=2'),
});

describe('The filter on bytes', () => {
  it('lets every row pass that a rule matches, and the same row again', () => {
    let matched = 0;
    let cleared = 0;
    const texts = textTable();
    const ask = requestMatcher(rules);
    const batch = batchMatcher(rules);
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 5, arbitrary: wanted }, { weight: 1, arbitrary: lookalike }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.constantFrom('none', 'percent', 'backslash'),
        (rows, escaping) => {
          const requests = requestsOf([...rows, ...rows, ...rows], { escaping });
          const isSuspect = filter.suspects(requests, texts);
          batch.suspects(requests, texts);
          for (let row = 0; row < requests.count; row++) {
            const found = matchesOf(requests, row);
            matched += found.length;
            expect(ask(requests, row).map(({ title }) => title)).toEqual(found);
            expect(found.length === 0 || filter.mayMatch(requests, row), found.join()).toBe(true);
            expect(isSuspect?.[row] ?? 0).toBe(filter.mayMatch(requests, row) ? 1 : 0);
            if (isSuspect?.[row] !== 1) continue;
            expect(batch.match(requests, row).map(({ title }) => title)).toEqual(found);
            const verdict = filter.verdictOf(row);
            if (verdict?.open.length !== 0) continue;
            expect(verdict.matching.map((number) => rules[number]?.title)).toEqual(found);
            if (found.length === 0) cleared++;
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(matched).toBeGreaterThan(100);
    expect(cleared).toBeGreaterThan(50);
  });

  it('knows of each text by itself what only looks like an attack, and what is one', async () => {
    const builtin = injectionRules((await loadRules([builtinRules])).rules);
    const { suspects, verdictOf } = rowFilter(builtin);
    const requests = requestsOf([
      { path: '/installing-windows-8.html', referrer: 'https://www.example.com/windows' },
      { path: '/installing-windows-8.html', query: 'file=../../../../etc/passwd' },
      { path: '/installing-windows-8.html' },
    ]);
    expect([...(suspects(requests, textTable()) ?? [])].slice(0, 3)).toEqual([1, 1, 1]);
    const told = [0, 1, 2].map(verdictOf);
    expect(told.map((verdict) => verdict?.open)).toEqual([[], [], []]);
    expect(told.map((verdict) => verdict?.matching.map((number) => builtin[number]?.title))).toEqual([
      [],
      ['One step up in a path', 'Path traversal in a request', 'System file or secret in a request'],
      [],
    ]);
  });

  it('tells rules that ask for more than one text together with those that ask for one, in their order', () => {
    const { rules: mixed, problems } = parseRules(
      `
title: Two texts
logsource: { category: webserver }
detection: { a: { cs-uri-stem|contains: first }, b: { cs-referer|contains: second }, condition: a and b }
---
title: One text
logsource: { category: webserver }
detection: { it: { cs-uri-stem|contains: first }, condition: it }
---
title: Two others
logsource: { category: webserver }
detection: { a: { cs-uri-stem|contains: first }, b: { cs-referer|contains: third }, condition: a and b }
`,
      'mixed.yml',
    );
    expect(problems).toEqual([]);
    const { suspects, match } = batchMatcher(mixed);
    const requests = requestsOf([
      { path: '/first' },
      { path: '/first', referrer: 'second' },
      { path: '/first', referrer: 'second, third' },
      { path: '/other', referrer: 'second' },
    ]);
    suspects(requests, textTable());
    expect([0, 1, 2].map((row) => match(requests, row).map(({ title }) => title))).toEqual([
      ['One text'],
      ['Two texts', 'One text'],
      ['Two texts', 'One text', 'Two others'],
    ]);
  });

  it('needs no look at ordinary requests', async () => {
    const builtin = rowFilter(injectionRules((await loadRules([builtinRules])).rules));
    const requests = requestsOf([
      {
        path: '/products/shoes/42.html',
        query: 'color=red&size=9&sort=price',
        agent:
          'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36',
        referrer: 'https://www.example.com/products?page=2',
      },
    ]);
    expect(builtin.mayMatch(requests, 0)).toBe(false);
  });

  it('has a text to look for in every rule that comes with Tocsin', async () => {
    const builtin = injectionRules((await loadRules([builtinRules])).rules);
    expect(builtin.length).toBeGreaterThan(10);
    expect(rowFilter(builtin).always.map(({ title }) => title)).toEqual([]);
  });

  it('looks at every row for a rule that shows in no text', () => {
    const { rules: only } = parseRules(
      'title: Errors\nlogsource: { category: webserver }\ndetection: { it: { sc-status: 500 }, condition: it }\n',
      'errors.yml',
    );
    const open = rowFilter(only);
    expect(open.always).toEqual(only);
    expect(open.mayMatch(requestsOf([{ path: '/' }]), 0)).toBe(true);
  });
});
