import { covers } from '../facts/policy/pattern.ts';

/** A person whom the configuration knows. Plain data. */
export interface KnownPerson {
  readonly name: string;
  readonly team?: string | undefined;
  /** How to reach them. */
  readonly contact?: string | undefined;
  /** ARNs of users and sessions, source identities, and names that an identity provider gives; `*` and `?` are wildcards. */
  readonly identities: readonly string[];
}

/** Longer texts are no identity of AWS's, and would take long to compare. */
const longestIdentity = 2_048;

/** What is wrong with an identity of a person; undefined where nothing is. */
export function identityProblem(text: string): string | undefined {
  if (text.length > longestIdentity) return `is longer than ${longestIdentity} characters`;
  return /[^*?]{3}/.test(text)
    ? undefined
    : 'would be nearly everybody: it needs at least three characters in a row that are no wildcards';
}

/** Tells which person has any of some identities: the first whose identity is written out, else the first with a pattern. Case counts for nothing. */
export function peopleBook(
  people: readonly KnownPerson[],
): (identities: readonly (string | undefined)[]) => KnownPerson | undefined {
  const exact = new Map<string, KnownPerson>();
  const patterns: (readonly [string, KnownPerson])[] = [];
  for (const person of people)
    for (const identity of person.identities) {
      const text = identity.toLowerCase();
      if (/[*?]/.test(text)) patterns.push([text, person]);
      else if (!exact.has(text)) exact.set(text, person);
    }
  if (exact.size + patterns.length === 0) return () => undefined;
  return (identities) => {
    const texts = identities.flatMap((text) =>
      text === undefined || text.length > longestIdentity ? [] : [text.toLowerCase()],
    );
    for (const text of texts) {
      const found = exact.get(text);
      if (found !== undefined) return found;
    }
    return patterns.find(([pattern]) => texts.some((text) => covers(pattern, text)))?.[1];
  };
}
