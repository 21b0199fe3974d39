import { type Json } from '../event/json.ts';
import { someMember, textOf, type EventView } from './compile.ts';
import { fold } from './fold.ts';
import { compileScanner, type LiteralScanner, type ScanSink } from './literal-scanner.ts';
import type { RuleLogic } from './rule.ts';
import { eachScalar, type Sharing, type Slot } from './shared-tests.ts';
import { triggersOf } from './trigger.ts';

/** Which rules have to be tried on an event, by their numbers: every one that could match, none twice. Good until the next call. */
export type RuleIndex<E> = (event: E, epoch: number) => readonly number[];

/** The texts and parts of texts for which one field is looked through, each with the rules that it makes candidates. */
interface Place {
  /** Rules that need no more than that the field is there. */
  readonly there: number[];
  readonly wholes: Map<string, number[]>;
  readonly parts: Map<string, number[]>;
}

/** A place with what it takes to look through it. */
interface Lookup {
  readonly there: readonly number[];
  readonly wholes: ReadonlyMap<string, readonly number[]> | undefined;
  /** How long the whole texts are; folding keeps that, so that other texts need no folding. */
  readonly lengths: ReadonlySet<number>;
  readonly scan: LiteralScanner | undefined;
  /** By the scanner's numbers. */
  readonly byPart: readonly (readonly number[])[];
}

interface FieldLookup<E> extends Lookup {
  readonly slot: Slot<E>;
  lookedAt: number;
  /** The key whose text is looked through for what may be anywhere, too; undefined where it is not. */
  readonly covers: string | undefined;
}

/** As long as so few fields decide, each is asked for; with more of them the event's own keys say which are there. */
const fewFields = 24;

/** With no more texts that may be anywhere, these are looked for together with those of each field. */
const fewParts = 64;

/** What the texts of numbers and truth values are made of; `1e999` is read as `Infinity`. */
const partsOfPlain = /^[-+.0-9aefilnrstuy]+$/;

/**
 * Files each rule under the field and the texts without which it cannot match.
 * @param remembers whether to keep with known texts which rules they make candidates; only one index of a set may
 */
export function compileIndex<E>(
  rules: readonly RuleLogic[],
  view: EventView<E>,
  sharing: Sharing<E>,
  remembers = false,
): RuleIndex<E> {
  const { topKeys } = view;
  const isDerived = (field: string) => topKeys !== undefined && topKeys(field) === undefined;
  const always: number[] = [];
  const anywhere = newPlace();
  const places = new Map<string, Place>();
  for (const [i, trigger] of triggersOf(rules, isDerived).entries()) {
    if (trigger === undefined) {
      always.push(i);
      continue;
    }
    for (const need of trigger) {
      if (need.kind === 'anywhere') {
        for (const text of need.texts) addTo(anywhere.parts, text, i);
        continue;
      }
      let place = places.get(need.field);
      if (place === undefined) places.set(need.field, (place = newPlace()));
      if (need.kind === 'exists') place.there.push(i);
      else for (const text of need.texts) addTo(need.kind === 'equals' ? place.wholes : place.parts, text, i);
    }
  }

  // A field at the top of the event is looked through but once, for its own texts and for those that may be anywhere.
  const shares = (keys: readonly string[] | undefined) =>
    keys?.length === 1 && anywhere.parts.size > 0 && anywhere.parts.size <= fewParts ? keys[0] : undefined;
  const fields: FieldLookup<E>[] = [];
  const unkeyed: FieldLookup<E>[] = [];
  const byKey = new Map<string, FieldLookup<E>[]>();
  for (const [field, place] of places) {
    const keys = topKeys?.(field);
    const covers = shares(keys);
    if (covers !== undefined)
      for (const [text, numbers] of anywhere.parts) for (const i of numbers) addTo(place.parts, text, i);
    const lookup = { ...lookupOf(place), slot: sharing.slot(field), lookedAt: 0, covers };
    fields.push(lookup);
    if (keys === undefined) unkeyed.push(lookup);
    else for (const key of keys) addTo(byKey, key, lookup);
  }

  const candidates: number[] = [];
  const marked = new Int32Array(rules.length);
  let now = 0;
  const add = (numbers: readonly number[]) => {
    for (const i of numbers) {
      if (marked[i] === now) continue;
      marked[i] = now;
      candidates.push(i);
    }
  };
  const sink: ScanSink & { byPart: readonly (readonly number[])[]; noted: Set<number> | undefined } = {
    folded: undefined,
    byPart: [],
    noted: undefined,
    found: (literal) => note(sink.byPart[literal] ?? []),
  };
  const note = (numbers: readonly number[]) => {
    add(numbers);
    if (sink.noted !== undefined) for (const i of numbers) sink.noted.add(i);
  };
  const lookAtText = (lookup: Lookup, text: string) => {
    if (lookup.wholes !== undefined && lookup.lengths.has(text.length)) {
      const numbers = lookup.wholes.get((sink.folded ??= fold(text)));
      if (numbers !== undefined) note(numbers);
    }
    if (lookup.scan !== undefined) {
      sink.byPart = lookup.byPart;
      lookup.scan(text, sink, now);
    }
  };
  const lookAt = (lookup: FieldLookup<E>, event: E) => {
    const { slot } = lookup;
    const value = sharing.valueOf(slot, event);
    if (value === undefined) return;
    if (lookup.there.length > 0) add(lookup.there);
    if (typeof value === 'string') {
      const known = remembers ? sharing.knownOf(slot, value) : undefined;
      if (known?.candidates !== undefined) add(known.candidates);
      else {
        sink.folded = slot.folded;
        sink.noted = known === undefined ? undefined : new Set();
        lookAtText(lookup, value);
        slot.folded = sink.folded;
        if (known !== undefined) known.candidates = [...(sink.noted ?? [])];
        sink.noted = undefined;
      }
      const { covers } = lookup;
      if (covers !== undefined && view.whole(event)[covers] === value) covered.add(covers);
    } else lookAtAll(lookup, value);
  };
  const lookAtAll = (lookup: Lookup, value: Json) => {
    someMember(value, (item) => {
      const text = textOf(item);
      if (text !== undefined) {
        sink.folded = undefined;
        lookAtText(lookup, text);
      }
      return false;
    });
  };
  const covered = new Set<string>();
  const everything = anywhere.parts.size === 0 ? undefined : lookupOf(anywhere);
  const plainToo = [...anywhere.parts.keys()].some((text) => partsOfPlain.test(text));
  const lookAnywhere = (lookup: Lookup, value: string | number | boolean) => {
    if (typeof value !== 'string' && !plainToo) return;
    sink.folded = undefined;
    lookAtText(lookup, String(value));
  };
  const probeAll = byKey.size === 0 || fields.length <= fewFields;

  return (event, epoch) => {
    now = epoch;
    candidates.length = 0;
    covered.clear();
    add(always);
    if (probeAll) for (const field of fields) lookAt(field, event);
    else {
      for (const field of unkeyed) lookAt(field, event);
      const whole = view.whole(event);
      const keys = Object.keys(whole);
      for (const key of keys) {
        const there = byKey.get(key);
        if (there === undefined) continue;
        for (const field of there) {
          if (field.lookedAt === epoch) continue;
          field.lookedAt = epoch;
          lookAt(field, event);
        }
      }
    }
    if (everything === undefined) return candidates;
    const whole = view.whole(event);
    for (const key of Object.keys(whole)) {
      const value = whole[key];
      if (value === undefined || value === null || covered.has(key)) continue;
      if (typeof value === 'object') eachScalar(value, (scalar) => lookAnywhere(everything, scalar));
      else lookAnywhere(everything, value);
    }
    return candidates;
  };
}

function newPlace(): Place {
  return { there: [], wholes: new Map(), parts: new Map() };
}

function lookupOf({ there, wholes, parts }: Place): Lookup {
  return {
    there,
    wholes: wholes.size === 0 ? undefined : wholes,
    lengths: new Set(Array.from(wholes.keys(), (text) => text.length)),
    scan: parts.size === 0 ? undefined : compileScanner([...parts.keys()]),
    byPart: [...parts.values()],
  };
}

function addTo<K, T>(map: Map<K, T[]>, key: K, item: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [item]);
  else known.push(item);
}
