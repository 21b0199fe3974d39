import { isList, type Json } from '../event/json.ts';
import { compileTest, someMember, textOf, type EventView, type Matcher } from './compile.ts';
import { fold } from './fold.ts';
import { mostKnownTests, rememberTexts, type KnownText, type KnownTexts } from './known-texts.ts';
import { compileFoldedPattern, literalOf } from './pattern.ts';
import type { FieldDetection, KeywordDetection, ValueTest } from './rule.ts';

/** A field of the event at hand, read and folded at most once. */
export interface Slot<E> {
  readonly read: (event: E) => Json | undefined;
  isRead: boolean;
  value: Json | undefined;
  /** Of a value that is a text. */
  folded: string | undefined;
  /** Of any other value: what its members and it are as folded texts. */
  texts: readonly string[] | undefined;
  /** Of a value that is a text, what earlier events have shown of it; `isLookedUp` once it has been asked for. */
  known: KnownText | undefined;
  isLookedUp: boolean;
  readonly recall: KnownTexts;
  /** How many tests of the field have a bit in what is known. */
  knownTests: number;
}

type Scalar = string | number | boolean;

/** Every text, number and truth value in it. With a stack of its own: an event may be nested deeper than the call stack allows. */
export function eachScalar(root: Json, use: (value: Scalar) => void): void {
  const pending: Json[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (value === null) continue;
    if (typeof value !== 'object') use(value);
    else if (isList(value)) for (const item of value) pending.push(item);
    else for (const item of Object.values(value)) if (item !== undefined) pending.push(item);
  }
}

/**
 * One event at a time as all rules of a set see it: what one rule has read, folded or tested, the others take from here. Holds nothing
 * of an event after `end`.
 */
export interface Sharing<E> {
  /** To compile rules with. */
  readonly view: EventView<E>;
  /** Before the first rule is tried on an event; gives the event's number, from 1 on. */
  readonly begin: () => number;
  readonly end: () => void;
  readonly slot: (field: string) => Slot<E>;
  readonly valueOf: (slot: Slot<E>, event: E) => Json | undefined;
  /** What earlier events have shown of a value that is a text. */
  readonly knownOf: (slot: Slot<E>, value: Json | undefined) => KnownText | undefined;
}

/** What rules of one set share of an event. It has one event at a time: a view must not ask the same rule set about another meanwhile. */
export function shareTests<E>(given: EventView<E>): Sharing<E> {
  const slots = new Map<string, Slot<E>>();
  const filled: Slot<E>[] = [];
  const matchers = new Map<string, Matcher<E>>();
  /** Rests of one rule for many families have the same objects in them. */
  const byObject = new WeakMap<object, Matcher<E>>();
  /** For each shared test twice the epoch of its last result, and one more where it held. */
  const results: number[] = [];
  let epoch = 0;
  let scalars: readonly Scalar[] | undefined;
  let scalarTexts: readonly string[] | undefined;

  const slot = (field: string): Slot<E> => {
    let known = slots.get(field);
    if (known === undefined) {
      known = {
        read: given.field(field),
        isRead: false,
        value: undefined,
        folded: undefined,
        texts: undefined,
        known: undefined,
        isLookedUp: false,
        recall: rememberTexts(),
        knownTests: 0,
      };
      slots.set(field, known);
    }
    return known;
  };
  const valueOf = (of: Slot<E>, event: E): Json | undefined => {
    if (!of.isRead) {
      of.value = of.read(event);
      of.isRead = true;
      filled.push(of);
    }
    return of.value;
  };
  const knownOf = (of: Slot<E>, value: Json | undefined): KnownText | undefined => {
    if (!of.isLookedUp) {
      of.isLookedUp = true;
      if (typeof value === 'string') of.known = of.recall(value);
    }
    return of.known;
  };
  const once = (test: Matcher<E>): Matcher<E> => {
    const id = results.push(0) - 1;
    return (event) => {
      const known = results[id] ?? 0;
      if (known >> 1 === epoch) return (known & 1) === 1;
      const holds = test(event);
      results[id] = epoch * 2 + (holds ? 1 : 0);
      return holds;
    };
  };
  const scalarsOf = (event: E) => (scalars ??= collectScalars(given.whole(event)));
  const foldedScalarsOf = (event: E) => (scalarTexts ??= foldAll(scalarsOf(event)));

  const compileKeywords = ({ tests, quantifier }: KeywordDetection): Matcher<E> => {
    const each = tests.map((test): Matcher<E> => {
      if (test.type === 'text' && !test.cased) {
        const holds = compileFoldedPattern(test.pattern);
        return (event) => foldedScalarsOf(event).some(holds);
      }
      const holds = compileTest(test, view);
      return (event) => scalarsOf(event).some((value) => holds(value, event));
    });
    return quantifier === 'all'
      ? (event) => each.every((test) => test(event))
      : (event) => each.some((test) => test(event));
  };
  const compileField = (detection: FieldDetection): Matcher<E> => {
    const { field, quantifier, negated, tests } = detection;
    const at = slot(field);
    const groups = quantifier === 'all' ? tests.map((test) => [test]) : [tests];
    const each = groups.map((group) => compileAny(group, view));
    const test = (value: Json | undefined, event: E): boolean => {
      for (const test of each) if (!test(at, value, event)) return negated;
      return !negated;
    };
    const lengths = lengthsOf(tests);
    const isOfTextAlone = tests.every(({ type }) => type !== 'field');
    if (!isOfTextAlone || at.knownTests >= mostKnownTests) return (event) => test(valueOf(at, event), event);
    const bit = 1 << at.knownTests++;
    return (event) => {
      const value = valueOf(at, event);
      if (lengths !== undefined && typeof value === 'string' && !lengths.has(value.length)) return negated;
      const known = knownOf(at, value);
      if (known === undefined) return test(value, event);
      if ((known.known & bit) === 0) {
        at.folded ??= known.folded;
        if (test(value, event)) known.holds |= bit;
        known.known |= bit;
        known.folded ??= at.folded;
      }
      return (known.holds & bit) !== 0;
    };
  };
  const view: EventView<E> = {
    ...given,
    field: (name) => {
      const at = slot(name);
      return (event) => valueOf(at, event);
    },
    shared: (detection) => {
      const known = byObject.get(detection);
      if (known !== undefined) return known;
      const key = JSON.stringify(detection);
      let matcher = matchers.get(key);
      if (matcher === undefined) {
        matcher = once(detection.type === 'field' ? compileField(detection) : compileKeywords(detection));
        matchers.set(key, matcher);
      }
      byObject.set(detection, matcher);
      return matcher;
    },
  };

  return {
    view,
    slot,
    valueOf,
    knownOf,
    begin: () => ++epoch,
    end: () => {
      for (const of of filled) {
        of.isRead = false;
        of.value = undefined;
        of.folded = undefined;
        of.texts = undefined;
        of.known = undefined;
        of.isLookedUp = false;
      }
      filled.length = 0;
      scalars = undefined;
      scalarTexts = undefined;
    },
  };
}

/** How long a text is that passes any of the tests, where all ask for whole texts; folding keeps that. */
function lengthsOf(tests: readonly ValueTest[]): ReadonlySet<number> | undefined {
  const lengths = new Set<number>();
  for (const test of tests) {
    const whole = test.type === 'text' ? literalOf(test.pattern) : undefined;
    if (whole === undefined) return undefined;
    lengths.add(whole.length);
  }
  return lengths;
}

type SlotTest<E> = (slot: Slot<E>, value: Json | undefined, event: E) => boolean;

/** Whether one of the tests holds. Whole texts are looked up in a set; other tests of texts share the folded text. */
function compileAny<E>(tests: readonly ValueTest[], view: EventView<E>): SlotTest<E> {
  const wholes = new Set<string>();
  const parts: ((folded: string) => boolean)[] = [];
  const others: ((value: Json | undefined, event: E) => boolean)[] = [];
  for (const test of tests) {
    const whole = test.type === 'text' && !test.cased ? literalOf(test.pattern) : undefined;
    if (whole !== undefined) wholes.add(fold(whole));
    else if (test.type === 'text' && !test.cased) parts.push(compileFoldedPattern(test.pattern));
    else others.push(compileTest(test, view));
  }
  const isWanted = (folded: string) => {
    if (wholes.size > 0 && wholes.has(folded)) return true;
    for (const part of parts) if (part(folded)) return true;
    return false;
  };
  const wantsTexts = wholes.size + parts.length > 0;
  return (slot, value, event) => {
    if (wantsTexts && value !== undefined) {
      if (typeof value === 'string') {
        if (isWanted((slot.folded ??= fold(value)))) return true;
      } else if ((slot.texts ??= foldedTextsIn(value)).some(isWanted)) return true;
    }
    for (const test of others) if (test(value, event)) return true;
    return false;
  };
}

function foldedTextsIn(value: Json): readonly string[] {
  const texts: string[] = [];
  someMember(value, (item) => {
    const text = textOf(item);
    if (text !== undefined) texts.push(fold(text));
    return false;
  });
  return texts;
}

function foldAll(scalars: readonly Scalar[]): readonly string[] {
  return scalars.map((value) => fold(String(value)));
}

function collectScalars(root: Json): readonly Scalar[] {
  const found: Scalar[] = [];
  eachScalar(root, (value) => found.push(value));
  return found;
}
