import type { Json } from '../../event/json.ts';
import { quote } from '../sentence.ts';
import { boundedLines, type Difference, type DiffLine } from './diff.ts';
import { sentenceOf, statementParts, statementsOf, type StatementWords } from './policy-words.ts';

/**
 * What differs between two policies, statement by statement; undefined where one of them can't be read. The order of statements and of
 * what is in them, the case of actions, and a list around a single text say nothing. No policy at all is `undefined`.
 */
export function diffPolicies(
  before: Json | undefined,
  after: Json | undefined,
): (Difference & { readonly same: boolean }) | undefined {
  const was = before === undefined ? [] : statementsOf(before);
  const is = after === undefined ? [] : statementsOf(after);
  if (was === undefined || is === undefined) return undefined;
  const gone = without(was, is);
  const come = without(is, was);
  const pairs = pairsOf(gone, come);
  const paired = new Set(pairs.flat());
  const lines: DiffLine[] = [
    ...pairs.flatMap(([old, young]) => changedLines(old, young)),
    ...gone.filter((one) => !paired.has(one)).map((one): DiffLine => ({ sign: '-', text: sentenceOf(one) })),
    ...come.filter((one) => !paired.has(one)).map((one): DiffLine => ({ sign: '+', text: sentenceOf(one) })),
  ];
  return {
    added: come.map(sentenceOf),
    removed: gone.map(sentenceOf),
    lines: boundedLines(lines),
    same: gone.length === 0 && come.length === 0,
  };
}

/** What a policy says, a line for each statement; undefined where it can't be read. */
export function policyLines(document: Json | undefined): readonly DiffLine[] | undefined {
  const statements = statementsOf(document);
  return (
    statements &&
    boundedLines(
      statements.map((one): DiffLine => ({ sign: ' ', text: sentenceOf(one) })),
      12,
    )
  );
}

/** Statements that mean the same have the same key; a Sid means nothing. */
function keyOf({ effect, who, does, on, when }: StatementWords): string {
  return JSON.stringify([effect, who, does, on, when]);
}

function without(
  all: readonly StatementWords[],
  others: readonly StatementWords[],
): readonly StatementWords[] {
  const keys = new Set(others.map(keyOf));
  const seen = new Set<string>();
  return all.filter((one) => {
    const key = keyOf(one);
    if (keys.has(key) || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

type Pair = readonly [StatementWords, StatementWords];

/** So many statements are held against each other at most; of more, each is told by itself. */
const mostPaired = 60;

/** Statements that one of them became: of the same Sid, or alike in all parts but one. */
function pairsOf(gone: readonly StatementWords[], come: readonly StatementWords[]): readonly Pair[] {
  if (gone.length > mostPaired || come.length > mostPaired) return [];
  const pairs: Pair[] = [];
  const taken = new Set<StatementWords>();
  const tests = [
    (old: StatementWords, young: StatementWords) =>
      old.sid !== undefined && old.sid === young.sid && differing(old, young).length < 3,
    (old: StatementWords, young: StatementWords) => differing(old, young).length === 1,
  ];
  for (const isPair of tests)
    for (const old of gone) {
      if (taken.has(old)) continue;
      const young = come.find((one) => !taken.has(one) && one.effect === old.effect && isPair(old, one));
      if (young === undefined) continue;
      taken.add(old).add(young);
      pairs.push([old, young]);
    }
  return pairs;
}

function differing(old: StatementWords, young: StatementWords): readonly (typeof statementParts)[number][] {
  return statementParts.filter((part) => JSON.stringify(old[part]) !== JSON.stringify(young[part]));
}

const prefix = { who: 'whom: ', does: 'to do: ', on: 'on: ', when: 'if: ' } as const;

/** A statement that is changed in a part or two: what it was, and only what differs. */
function changedLines(old: StatementWords, young: StatementWords): readonly DiffLine[] {
  const name = young.sid === undefined ? '' : `in ${quote(young.sid)}, `;
  return [
    { sign: ' ', text: `${name}which was: ${sentenceOf(old)}` },
    ...differing(old, young).flatMap((part): readonly DiffLine[] => {
      const gone = old[part].filter((text) => !young[part].includes(text));
      const come = young[part].filter((text) => !old[part].includes(text));
      const none = young[part].length === 0 && part === 'when' ? [' ' as const] : [];
      return [
        ...gone.map((text): DiffLine => ({ sign: '-', text: prefix[part] + text })),
        ...come.map((text): DiffLine => ({ sign: '+', text: prefix[part] + text })),
        ...none.map((): DiffLine => ({ sign: '+', text: 'without any condition' })),
      ];
    }),
  ];
}
