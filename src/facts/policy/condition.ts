import { isJsonObject } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';

/** One line of a Condition element: an operator, a key, its values. */
export interface ConditionTest {
  readonly set: 'any' | 'all' | undefined;
  readonly ifExists: boolean;
  /** In lower case, without set prefix, `IfExists` and negation: `stringequals`. */
  readonly operator: string;
  readonly negated: boolean;
  /** In lower case: condition keys are case-insensitive. */
  readonly key: string;
  readonly values: readonly string[];
  /** For people: `aws:SourceIp is in 192.0.2.0/24`. */
  readonly text: string;
}

const words: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['stringequals', ['is', 'is not']],
  ['stringequalsignorecase', ['is', 'is not']],
  ['stringlike', ['is like', 'is not like']],
  ['arnequals', ['is like', 'is not like']],
  ['arnlike', ['is like', 'is not like']],
  ['ipaddress', ['is in', 'is not in']],
  ['bool', ['is', 'is not']],
  ['null', ['is absent:', 'is absent:']],
]);

/** Reads a Condition element, or says what is wrong with it. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
export function parseConditions(
  element: Json | undefined,
): readonly ConditionTest[] | { readonly problem: string } {
  if (element === undefined || element === null) return [];
  if (!isJsonObject(element)) return { problem: 'its Condition is not an object' };
  const tests: ConditionTest[] = [];
  for (const [operator, keys] of Object.entries(element)) {
    if (!isJsonObject(keys)) return { problem: `its Condition ${JSON.stringify(operator)} is not an object` };
    for (const [key, value] of Object.entries(keys)) {
      const items: readonly Json[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
      const values: string[] = [];
      for (const item of items) {
        if (item === null || typeof item === 'object') {
          return { problem: `its Condition on ${JSON.stringify(key)} has a value that is not a text` };
        }
        values.push(String(item));
      }
      tests.push(parseTest(operator, key, values));
    }
  }
  return tests;
}

function parseTest(written: string, key: string, values: readonly string[]): ConditionTest {
  const [, prefix, base = '', suffix] = /^(?:(forallvalues|foranyvalue):)?(.*?)(ifexists)?$/.exec(
    written.toLowerCase(),
  ) ?? [undefined, undefined, written.toLowerCase(), undefined];
  const negated = /^(string|arn|numeric|date)not|^notipaddress$/.test(base);
  const operator = negated ? base.replace('not', '') : base;
  const spoken = words.get(operator)?.[negated ? 1 : 0] ?? `(${written})`;
  const sorted = [...values].sort();
  return {
    set: prefix === undefined ? undefined : prefix === 'forallvalues' ? 'all' : 'any',
    ifExists: suffix !== undefined,
    operator,
    negated,
    key: key.toLowerCase(),
    values: sorted,
    text: `${key} ${spoken} ${sorted.join(' or ')}${suffix === undefined ? '' : ' (where the request has that key)'}`,
  };
}
