import { compileRule, type Matcher } from '../sigma/compile.ts';
import type { Rule } from '../sigma/rule.ts';
import { asksForOneText, oneTextRequests } from './inject-alone.ts';
import { requestSubject, requestView, type RequestSubject, type SearchedColumn } from './inject-view.ts';
import type { NumberedTexts } from './numbered-texts.ts';
import type { Requests } from '../event/requests.ts';

/** What a text tells of the rows that have it, as numbers of rules in order. */
export interface Verdict {
  /** Rules that match every such row. */
  readonly matching: readonly number[];
  /** Rules that ask for more than one text: whether they match has to be tried on the row. */
  readonly open: readonly number[];
}

/** Judges a text of one column by its number. */
export type TextVerdicts = (texts: NumberedTexts, id: number) => Verdict;

export const harmless: Verdict = { matching: [], open: [] };

const notJudged = 0;

/**
 * Gives for a column what judges its texts, each once until numbers are given anew: a rule that asks for one text matches a row where it matches
 * one of the row's texts by itself, and nowhere else.
 */
export function textVerdicts(
  rules: readonly Rule[],
): (column: SearchedColumn, owners: Owners) => TextVerdicts {
  const view = requestView();
  const byOneText = rules.map(asksForOneText);
  const matchers: (Matcher<RequestSubject> | undefined)[] = rules.map(() => undefined);
  const judge = (alone: Requests, owners: ReadonlySet<number>): Verdict => {
    const subject = requestSubject(alone, 0);
    const matching: number[] = [];
    const open: number[] = [];
    for (const number of [...owners].sort((a, b) => a - b)) {
      const rule = rules[number];
      if (rule === undefined) continue;
      if (byOneText[number] !== true) open.push(number);
      else if ((matchers[number] ??= compileRule(rule, view))(subject)) matching.push(number);
    }
    return matching.length + open.length === 0 ? harmless : { matching, open };
  };
  return (column, owners) => verdictsOf(column, owners, judge);
}

/** The rules that may match a request with a single text, which is in that column. */
type Owners = (alone: Requests) => ReadonlySet<number>;

function verdictsOf(
  column: SearchedColumn,
  owners: Owners,
  judge: (alone: Requests, owners: ReadonlySet<number>) => Verdict,
): TextVerdicts {
  const alone = oneTextRequests(column);
  let from: NumberedTexts | undefined;
  let generation = -1;
  /** Of each text where its verdict stands: most have the same few. */
  let places = new Uint16Array(0);
  let verdicts: Verdict[] = [harmless];
  let placeOf = new Map<string, number>();
  return (texts, id) => {
    if (texts !== from || texts.generation !== generation) {
      from = texts;
      generation = texts.generation;
      places.fill(notJudged);
      verdicts = [harmless];
      placeOf = new Map();
    }
    if (id >= places.length) {
      const more = new Uint16Array(Math.max(texts.size, places.length * 2));
      more.set(places);
      places = more;
    }
    const known = places[id] ?? notJudged;
    if (known !== notJudged) return verdicts[known] ?? harmless;
    const requests = alone(texts.bytes, texts.start[id] ?? 0, texts.end[id] ?? 0, texts.escapingOf(id));
    const verdict = judge(requests, owners(requests));
    const key = `${verdict.matching.join()} ${verdict.open.join()}`;
    let place = placeOf.get(key);
    if (place === undefined) {
      place = verdicts.push(verdict) - 1;
      placeOf.set(key, place);
    }
    places[id] = place;
    return verdict;
  };
}

/** What two texts of the same row tell together. */
export function both(a: Verdict, b: Verdict): Verdict {
  if (a === harmless || a === b) return b;
  if (b === harmless) return a;
  const matching = union(a.matching, b.matching);
  return { matching, open: union(a.open, b.open) };
}

function union(a: readonly number[], b: readonly number[]): readonly number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}
