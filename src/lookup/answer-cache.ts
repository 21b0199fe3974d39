import { createHash } from 'node:crypto';
import type { Lookup } from '../alert/lookup.ts';
import type { Observable } from '../context/observable.ts';
import type { Json } from '../event/json.ts';
import type { StateEntry } from '../store/store.ts';

/** Answers of providers for as long as they hold, the latest ones only. */
export interface AnswerCache {
  readonly find: (provider: string, about: Observable, now: number) => Lookup | undefined;
  readonly keep: (provider: string, lookup: Lookup) => void;
  /** What has changed since this was last called, for a commit. */
  readonly changes: () => readonly { readonly key: string; readonly value: Json | undefined }[];
}

export const answerPrefix = 'lookup/';

/** They are read whole when a server begins to lead. */
const mostAnswers = 5_000;

/** @param kept the entries of the store's state that begin with `answerPrefix` */
export function answerCache(kept: readonly StateEntry[], holdsMs: number): AnswerCache {
  const answers = new Map<string, Lookup>();
  const changed = new Set<string>();
  const read = kept
    .filter(({ key, value }) => key.startsWith(answerPrefix) && isLookup(value))
    .map(({ key, value }) => [key, value as unknown as Lookup] as const)
    .toSorted(([, a], [, b]) => a.at - b.at);
  for (const [key, lookup] of read) answers.set(key, lookup);

  function drop(key: string): void {
    answers.delete(key);
    changed.add(key);
  }

  return {
    find: (provider, about, now) => {
      const lookup = answers.get(keyOf(provider, about));
      return lookup !== undefined && lookup.at > now - holdsMs && lookup.at <= now ? lookup : undefined;
    },
    keep: (provider, lookup) => {
      const key = keyOf(provider, lookup.about);
      // Behind all the others, since the first ones go first.
      answers.delete(key);
      answers.set(key, lookup);
      changed.add(key);
      for (const oldest of answers.keys()) {
        if (answers.size <= mostAnswers) break;
        drop(oldest);
      }
    },
    changes: () => {
      const all = [...changed].map((key) => ({ key, value: jsonOf(answers.get(key)) }));
      changed.clear();
      return all;
    },
  };
}

function keyOf(provider: string, { type, value }: Observable): string {
  const hash = createHash('sha256').update(`${type} ${value}`).digest('hex').slice(0, 32);
  return `${answerPrefix}${provider}/${hash}`;
}

function jsonOf(lookup: Lookup | undefined): Json | undefined {
  if (lookup === undefined) return undefined;
  const { about, ...rest } = lookup;
  return { ...rest, about: { type: about.type, value: about.value } };
}

function isLookup(value: Json): boolean {
  return (
    typeof value === 'object' && value !== null && 'at' in value && 'about' in value && 'verdict' in value
  );
}
