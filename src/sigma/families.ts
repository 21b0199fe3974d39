import type { Json } from '../event/json.ts';
import { assume, type Assumed, type Rest } from './assume.ts';
import { compileDetection } from './compile.ts';
import type { EventView, Families, Matcher } from './event-view.ts';
import type { ElementDetection, FieldDetection, RuleLogic } from './rule.ts';
import { shareTests } from './shared-tests.ts';

/** What rules leave to ask of the events of one family. */
export type Rests = readonly Rest[];

/**
 * Finds what was made for the family of an event: `make` is called once for a family, with what each rule leaves to ask of its events.
 * Undefined for an event of no family, or of one that has not been seen often enough. Memory is bounded, whatever texts events bring.
 */
export function compileFamilies<E, T>(
  rules: readonly RuleLogic[],
  view: EventView<E>,
  { keys, includes, lacks, after = seenOften }: Families<E>,
  make: (rests: Rests) => T,
): (event: E) => T | undefined {
  const restsOf = compileRests(rules, keys, lacks);
  const root = newBranch<T>([]);
  let count = 0;

  const branchOf = (event: E): Branch<T> | undefined => {
    const whole = view.whole(event);
    let branch = root;
    for (const key of keys) {
      const text = whole[key];
      if (typeof text !== 'string' || text.length > longestText) return undefined;
      let next = branch.next.get(text);
      if (next === undefined) {
        if (++count > mostBranches) {
          root.next.clear();
          count = 0;
          return undefined;
        }
        branch.next.set(text, (next = newBranch([...branch.texts, text])));
      }
      branch = next;
    }
    return branch;
  };

  return (event) => {
    const branch = branchOf(event);
    if (branch === undefined || includes?.(event) === false) return undefined;
    if (branch.made === undefined && branch.seen++ >= after) {
      branch.made = make(restsOf(branch.texts));
    }
    return branch.made;
  };
}

/** To ask all rules about a family costs as much as some hundred events. */
const seenOften = 32;
/** An account has some hundreds of calls by which it is known; whoever invents more of them makes that all families are learnt anew. */
const mostBranches = 4_000;
/** No name of a call is as long. */
const longestText = 200;

interface Branch<T> {
  /** By the text of the next key. */
  readonly next: Map<string, Branch<T>>;
  /** Those that lead here. */
  readonly texts: readonly string[];
  seen: number;
  made: T | undefined;
}

function newBranch<T>(texts: readonly string[]): Branch<T> {
  return { next: new Map(), texts, seen: 0, made: undefined };
}

/** The values of fields that are the same in all events of a family; undefined for one that is missing from all of them. */
type Values = ReadonlyMap<string, Json | undefined>;

function compileRests(
  rules: readonly RuleLogic[],
  keys: readonly string[],
  lacks: Families<unknown>['lacks'],
): (texts: readonly string[]) => Rests {
  const view: EventView<Values> = {
    field: (name) => (values) => values.get(name),
    whole: () => ({}),
  };
  const sharing = shareTests(view);
  const matchers = new Map<FieldDetection | ElementDetection, Matcher<Values>>();
  const matcherOf = (detection: FieldDetection | ElementDetection) => {
    let matcher = matchers.get(detection);
    if (matcher === undefined) matchers.set(detection, (matcher = compileDetection(detection, sharing.view)));
    return matcher;
  };
  return (texts) => {
    const values = new Map<string, Json | undefined>(keys.map((key, i) => [key, texts[i]]));
    const isKnown = (field: string): boolean => {
      if (values.has(field)) return true;
      if (unknown.has(field)) return false;
      if (lacks?.(field, texts) === true) {
        values.set(field, undefined);
        return true;
      }
      unknown.add(field);
      return false;
    };
    const unknown = new Set<string>();
    const assumed: Assumed = (detection) => {
      if (!isKnown(detection.field)) return undefined;
      // What other fields hold differs from event to event; so would what is asked of elements, if there were any.
      const isAlike =
        detection.type === 'field'
          ? detection.tests.every(({ type }) => type !== 'field')
          : values.get(detection.field) === undefined;
      return isAlike ? matcherOf(detection)(values) : undefined;
    };
    sharing.begin();
    const rests = rules.map((rule) => assume(rule, assumed));
    sharing.end();
    return rests;
  };
}
