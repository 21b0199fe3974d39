import type { ConditionTest } from './condition.ts';

// `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
const variable = /\$\{([^${}]*)\}/g;

/** A pattern of a Resource element as wide as its variables can make it: `home/${aws:username}/*` becomes a pattern for every home. */
export function widened(pattern: string): string {
  return pattern.replace(variable, (_whole, name: string) => {
    if (name === '*' || name === '?') return '?';
    return name === '$' ? '$' : '*';
  });
}

/**
 * What the variables of an Allow's Resource ask of a request: a variable without a default whose key the request lacks matches
 * nothing. Only keys that every one of the patterns needs.
 */
export function presenceOf(patterns: readonly string[]): readonly ConditionTest[] {
  let common: ReadonlySet<string> | undefined;
  for (const pattern of patterns) {
    const needed = new Set(keysIn(pattern));
    common = common === undefined ? needed : new Set([...common].filter((key) => needed.has(key)));
  }
  return [...(common ?? [])].sort().map((key) => ({
    set: undefined,
    ifExists: false,
    operator: 'null',
    negated: false,
    key: key.toLowerCase(),
    values: ['false'],
    text: `the request has ${key}`,
  }));
}

function keysIn(pattern: string): readonly string[] {
  return [...pattern.matchAll(variable)]
    .map(([, name = '']) => name.trim())
    .filter((name) => name !== '' && !/^[*?$]$/.test(name) && !name.includes(','));
}
