import { noContext, type Context } from '../context/context.ts';
import { intelFields, type Warning } from '../context/intel/intel.ts';
import { personFields, type Person } from '../context/person.ts';
import { placeFields, type Place } from '../context/place.ts';
import { usualFields, type Usual } from '../context/usual/usual.ts';
import type { Event } from '../event/event.ts';
import type { Json } from '../event/json.ts';
import type { AssetMemory } from '../facts/assets/memory.ts';
import { withSwitches } from '../facts/assets/effective-exposure.ts';
import { recall } from '../facts/assets/recall.ts';
import type { Fact } from '../facts/fact.ts';
import type { Known } from '../facts/known.ts';
import { factsOf } from '../facts/table.ts';
import { eventScalar, tocsinMember } from '../facts/fields.ts';
import { lacksFacts } from '../facts/lacking.ts';
import { compileField, topKeysOf } from '../sigma/field.ts';
import type { EventView, Families } from '../sigma/compile.ts';
import type { Rule } from '../sigma/rule.ts';

/** A rule that matched, with the event that made it match. */
export interface Finding {
  readonly rule: Rule;
  readonly subject: Subject;
}

/** An event as rules see it: its raw fields, and what is known about it under `tocsin.*`, worked out only when a rule asks. */
export class Subject {
  readonly event: Event;
  readonly #known: Known | undefined;
  readonly #memory: AssetMemory | undefined;
  readonly #context: Context;
  #facts: readonly Fact[] | undefined;
  #place: Place | undefined;
  #person: Person | undefined;
  #usual: { readonly told: Usual | undefined } | undefined;
  #warnings: readonly Warning[] | undefined;
  #members: Map<string, Json | undefined> | undefined;

  /**
   * @param known what the configuration of the estate tells; nothing, where left out
   * @param facts the facts, where they are known already
   * @param memory what is remembered of assets, which must not take the event before its facts are asked for; none, where left out
   * @param context what is known around events; nothing, where left out
   */
  constructor(
    event: Event,
    known?: Known,
    memory?: AssetMemory,
    facts?: readonly Fact[],
    context: Context = noContext,
  ) {
    this.#facts = facts;
    this.event = event;
    this.#known = known;
    this.#memory = memory;
    this.#context = context;
  }

  get facts(): readonly Fact[] {
    return (this.#facts ??= [
      ...withSwitches(factsOf(this.event, this.#known), this.event, this.#memory),
      ...recall(this.event, this.#memory),
    ]);
  }

  /** Where the call came from. */
  get place(): Place {
    return (this.#place ??= this.#context.placeOf(this.event.client.origin));
  }

  /** Who is behind it. */
  get person(): Person {
    return (this.#person ??= this.#context.personOf(this.event));
  }

  /** How it stands beside what the actor did before. */
  get usual(): Usual | undefined {
    return (this.#usual ??= { told: this.#context.usualOf(this.event, () => this.place) }).told;
  }

  /** What feeds of indicators warn of in it. */
  get warnings(): readonly Warning[] {
    return (this.#warnings ??= this.#context.warningsOf(this.event));
  }

  /** A top-level member under `tocsin.`: `actor`, `exposure`. */
  member(name: string): Json | undefined {
    const members = (this.#members ??= new Map<string, Json | undefined>());
    if (members.has(name)) return members.get(name);
    const value = this.#read(name);
    members.set(name, value);
    return value;
  }

  #read(name: string): Json | undefined {
    switch (name) {
      case 'place':
        return placeFields(this.place);
      case 'person':
        return personFields(this.person);
      case 'usual':
        return this.usual && usualFields(this.usual);
      case 'intel':
        return intelFields(this.warnings);
      default:
        return tocsinMember(name, this.event, () => this.facts, this.#known);
    }
  }
}

const derivedPrefix = 'tocsin.';

/** A reader for a field name as rules and headlines write it. */
export function subjectField(name: string): (subject: Subject) => Json | undefined {
  if (!name.startsWith(derivedPrefix)) {
    const read = compileField(name);
    return (subject) => read(subject.event.fields);
  }
  const path = name.slice(derivedPrefix.length);
  const [member = ''] = path.split('.');
  if (member === path) return (subject) => subject.member(member);
  const scalar = eventScalar(path);
  if (scalar !== undefined) return (subject) => scalar(subject.event);
  const read = compileField(path);
  return (subject) => {
    const value = subject.member(member);
    return value === undefined ? undefined : read({ [member]: value });
  };
}

/** Nearly all rules ask which call it is, and facts are derived from a few calls only. */
const calls: Families<Subject> = {
  keys: ['eventSource', 'eventName'],
  includes: ({ event }) =>
    event.service === event.fields['eventSource'] && event.action === event.fields['eventName'],
  lacks: (name, [, action = '']) => {
    if (!name.startsWith(derivedPrefix)) return false;
    const [member = ''] = name.slice(derivedPrefix.length).split('.');
    return lacksFacts(member, action);
  },
};

export const subjectView: EventView<Subject> = {
  field: subjectField,
  whole: (subject) => subject.event.fields,
  topKeys: (name) => (name.startsWith(derivedPrefix) ? undefined : topKeysOf(name)),
  families: calls,
};
