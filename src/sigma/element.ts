import { isJsonObject, isList, type Json } from '../event/json.ts';
import type { EventView, Matcher } from './event-view.ts';
import { compileField } from './field.ts';
import { lastOf } from './last-of.ts';
import type { ElementDetection } from './rule.ts';

/** An element of a list, with the event that it was found in. */
export interface Element<E> {
  readonly value: Json;
  readonly event: E;
}

/** The name by which an element is asked for itself. */
const itself = '.';

/**
 * How searches see an element: fields are named from it on. What they are compared with (`fieldref`) and texts without a field are those of
 * the whole event.
 */
export function elementView<E>(view: EventView<E>): EventView<Element<E>> {
  return {
    field: (name) => {
      if (name === itself) return ({ value }) => value;
      const read = compileField(name);
      return ({ value }) => (isJsonObject(value) ? read(value) : undefined);
    },
    other: (name) => {
      // Once for all elements of an event, or a long list compared with a long list would be read as often as it has elements.
      const read = lastOf((view.other ?? view.field)(name));
      return ({ event }) => read(event);
    },
    whole: ({ event }) => view.whole(event),
  };
}

/** Whether as many elements as the quantifier asks for hold; `holds` decides on one. */
export function compileElements<E>(
  { field, quantifier }: ElementDetection,
  view: EventView<E>,
  holds: Matcher<Element<E>>,
): Matcher<E> {
  const read = view.field(field);
  switch (quantifier) {
    case 'any':
    case 'none': {
      const wanted = quantifier === 'any';
      return (event) => {
        const value = read(event);
        // Most lists are flat, and many rules ask the same ones.
        if (isFlat(value)) {
          for (const item of value) if (item !== null && holds({ value: item, event })) return wanted;
          return !wanted;
        }
        for (const item of elementsOf(value)) if (holds({ value: item, event })) return wanted;
        return !wanted;
      };
    }
    case 'all':
    case 'all_or_empty':
      return (event) => {
        let some = quantifier === 'all_or_empty';
        for (const value of elementsOf(read(event))) {
          if (!holds({ value, event })) return false;
          some = true;
        }
        return some;
      };
  }
}

function isFlat(value: Json | undefined): value is readonly Json[] {
  return isList(value) && !value.some(isList);
}

/** In their order. With a stack of its own: lists may be nested deeper than the call stack allows. */
export function* elementsOf(value: Json | undefined): Generator<Json> {
  if (!isList(value)) {
    if (value !== undefined && value !== null) yield value;
    return;
  }
  const pending = [value.values()];
  for (let list = pending.at(-1); list !== undefined; list = pending.at(-1)) {
    const next = list.next();
    if (next.done === true) pending.pop();
    else if (isList(next.value)) pending.push(next.value.values());
    else if (next.value !== null) yield next.value;
  }
}
