import type { Event } from '../event/event.ts';
import type { Json, JsonObject } from '../event/json.ts';
import type { Fact } from '../facts/fact.ts';
import { factsOf } from '../facts/table.ts';
import { tocsinFields } from '../facts/fields.ts';
import { compileField } from '../sigma/field.ts';
import type { EventView } from '../sigma/compile.ts';
import type { Rule } from '../sigma/rule.ts';

/** A rule that matched, with the event that made it match. */
export interface Finding {
  readonly rule: Rule;
  readonly subject: Subject;
}

/** An event as rules see it: its raw fields, and what is known about it under `tocsin.*`, worked out only when a rule asks. */
export class Subject {
  readonly event: Event;
  #facts: readonly Fact[] | undefined;
  #tocsin: JsonObject | undefined;

  constructor(event: Event) {
    this.event = event;
  }

  get facts(): readonly Fact[] {
    return (this.#facts ??= factsOf(this.event));
  }

  get tocsin(): JsonObject {
    return (this.#tocsin ??= tocsinFields(this.event, this.facts));
  }
}

const derivedPrefix = 'tocsin.';

/** A reader for a field name as rules and headlines write it. */
export function subjectField(name: string): (subject: Subject) => Json | undefined {
  if (name.startsWith(derivedPrefix)) {
    const read = compileField(name.slice(derivedPrefix.length));
    return (subject) => read(subject.tocsin);
  }
  const read = compileField(name);
  return (subject) => read(subject.event.fields);
}

export const subjectView: EventView<Subject> = {
  field: subjectField,
  whole: (subject) => subject.event.fields,
};
