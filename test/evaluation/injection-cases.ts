import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import type { Wanted } from '../../src/web/testing/requests.ts';

/** A labelled request. */
export interface LabelledRequest {
  readonly request: Wanted;
  readonly isAttack: boolean;
  /** What the data calls the attack, or the family of rules that the case is about. */
  readonly group: string;
  /** To find it again. */
  readonly name: string;
}

/** Values of parameters with the attack that they are, and normal ones: https://github.com/Morzeux/HttpParamsDataset. Each as a search. */
export function parameterValues(folder: string): readonly LabelledRequest[] {
  const path = join(folder, 'http-params-labelled', 'payload_train.csv.gz');
  const rows: string[][] = parse(gunzipSync(readFileSync(path)), { relax_quotes: true });
  return rows.slice(1).map(([payload = '', , type = '', label = ''], i) => ({
    request: { method: 'GET', path: '/search', query: `q=${encoded(payload)}` },
    isAttack: label === 'anom',
    group: type,
    name: `line ${i + 2}`,
  }));
}

const crsCase = z.object({
  ruleId: z.number(),
  testId: z.number(),
  family: z.string(),
  method: z.string(),
  uri: z.string(),
  headers: z.record(z.string(), z.string()),
  expect: z.enum(['match', 'no-match']),
});

/** The families of the rule set that are about injection. */
const families = /-(930|931|932|933|934|941|942|944)-/;

/** Headers that an access log has, and those that are nobody's payload. What stands in others cannot be seen. */
const ordinary =
  /^(user-agent|referer|x-forwarded-for|accept.*|host|connection|keep-alive|proxy-connection|cache-control|content-(type|length)|pragma|upgrade.*|sec-.*|te|from|range)$/i;

/**
 * Requests out of the regression tests of OWASP's Core Rule Set, https://github.com/coreruleset/coreruleset, as far as they are about injection
 * and show in an access log. What one of its rules must not match is no normal request: it is told apart.
 */
export function coreRuleSetCases(folder: string): readonly LabelledRequest[] {
  const path = join(folder, 'crs-uri-cases', 'cases.jsonl');
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => crsCase.parse(JSON.parse(line)))
    .filter(
      ({ family, headers }) =>
        families.test(family) && Object.keys(headers).every((name) => ordinary.test(name)),
    )
    .map(({ ruleId, testId, family, method, uri, headers, expect }) => {
      const [path = '', ...query] = uri.split('?');
      const header = (wanted: string) =>
        Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
      return {
        request: {
          method,
          path,
          query: query.join('?'),
          agent: header('user-agent'),
          referrer: header('referer'),
          forwarded: header('x-forwarded-for'),
        },
        isAttack: expect === 'match',
        group: family.replace(/^REQUEST-\d+-/, ''),
        name: `${ruleId}-${testId}`,
      };
    });
}

/** Whether both are there. */
export function hasLabelledRequests(folder: string): boolean {
  return ['crs-uri-cases', 'http-params-labelled'].every((name) => existsSync(join(folder, name)));
}

/** As a browser's form sends it. */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll('%20', '+');
}
