import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import type { FieldName } from '../../facts/field-name.ts';
import { countryName } from '../country-name.ts';
import type { Place } from '../place.ts';
import { agentFamily } from './agent-family.ts';
import { countOf, dayOf, firstOf, upTo, windowDays, type Days } from './days.ts';
import type { Habits, UsualMemory } from './memory.ts';
import { actorOf, hourOf, networksOf, serviceOf, traitKinds, type TraitKind } from './traits.ts';

/** How an event stands beside what its actor did before. Plain data. */
export interface Usual {
  readonly actor: string;
  /** For how many days the actor is known. */
  readonly days: number;
  /** Whether that is long enough to tell what is new. */
  readonly isKnown: boolean;
  /** What the actor never did in these days, 90 at most; empty while it is not known. */
  readonly fresh: readonly Trait[];
  /** From and to which hour it is usually at work, in UTC: `08-18`. Undefined where there is no such pattern. */
  readonly hours?: string | undefined;
}

interface Trait {
  readonly kind: TraitKind;
  readonly text: string;
}

export interface UsualSettings {
  /** For how many days an actor must be known before anything is told of it. */
  readonly learningDays: number;
  /** How much later than a younger event an event may come, in milliseconds. */
  readonly lateness: number;
}

/** On so many days something must have happened for it to tell of habits. */
const fewestDays = 5;
/** The same for the hours of the day, which differ more. */
const fewestDaysOfHours = 10;
/** An hour counts as usual from this part of the days on. */
const usualPart = 0.05;

/**
 * Tells what is new in an event. Only days that were over by the lateness count: so the event itself, others of the same day, and the order in
 * which events come within the lateness make no difference. Undefined where nothing is known of the actor.
 */
export function usualOf(
  event: Event,
  place: () => Place,
  memory: Pick<UsualMemory, 'get'>,
  { learningDays, lateness }: UsualSettings,
): Usual | undefined {
  const actor = actorOf(event);
  const habits = actor === undefined ? undefined : memory.get(actor);
  if (actor === undefined || habits === undefined) return undefined;
  const counted = dayOf(event.time - lateness) - 1;
  const active = upTo(habits.active, counted);
  if (active === undefined) return { actor, days: 0, isKnown: false, fresh: [] };
  const days = counted - firstOf(active) + 1;
  const isKnown = days >= learningDays && countOf(active) >= fewestDays;
  if (!isKnown) return { actor, days, isKnown, fresh: [] };
  const hours = usualHours(habits, countOf(active), counted);
  const fresh: Trait[] = [];
  for (const kind of traitKinds) {
    if ((habits.many[kind] ?? Number.NEGATIVE_INFINITY) > counted - windowDays) continue;
    const texts = textsOf(kind, event, place);
    const [text] = texts;
    if (text === undefined) continue;
    const isUsual =
      kind === 'hour'
        ? hours === undefined || isAbout(Number(text), hours)
        : texts.some((one) => upTo(habits.traits[kind].get(one), counted) !== undefined);
    if (!isUsual) fresh.push({ kind, text });
  }
  return { actor, days, isKnown, fresh, hours: hours && spokenHours(hours) };
}

function textsOf(kind: TraitKind, event: Event, place: () => Place): readonly string[] {
  const { origin, userAgent = '' } = event.client;
  switch (kind) {
    case 'hour':
      return [hourOf(event.time)];
    case 'service':
      return [serviceOf(event)];
    case 'agent':
      return origin.type === 'address' ? present(agentFamily(userAgent)) : [];
    case 'country':
      return origin.type === 'address' ? present(place().country) : [];
    case 'network':
      return origin.type === 'address' ? networksOf(origin.address, place()) : [];
  }
}

function present(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text];
}

/** For each hour of the day whether it is a usual one; undefined where there are too few days to tell. */
function usualHours({ traits }: Habits, activeDays: number, counted: number): readonly boolean[] | undefined {
  if (activeDays < fewestDaysOfHours) return undefined;
  const enough = Math.max(1, activeDays * usualPart);
  const daysOf = (days: Days | undefined) => countOf(upTo(days, counted));
  return Array.from({ length: 24 }, (_, hour) => {
    const days = daysOf(traits.hour.get(String(hour).padStart(2, '0')));
    return days >= enough;
  });
}

/** An hour before or after a usual one is not worth a word. */
function isAbout(hour: number, usual: readonly boolean[]): boolean {
  return [hour + 23, hour, hour + 1].some((one) => usual[one % 24] === true);
}

/** `08-18`, `22-04 and 12-13`; undefined where it is all day, or no pattern. A gap of one hour is none. */
function spokenHours(usual: readonly boolean[]): string | undefined {
  const isOn = (hour: number) =>
    usual[hour % 24] === true || (usual[(hour + 23) % 24] === true && usual[(hour + 1) % 24] === true);
  const two = (hour: number) => String(hour % 24).padStart(2, '0');
  const ranges: string[] = [];
  for (let from = 0; from < 24; from++) {
    if (!isOn(from) || isOn(from + 23)) continue;
    let to = from;
    while (isOn(to)) to++;
    ranges.push(`${two(from)}-${two(to)}`);
  }
  return ranges.length === 0 || ranges.length > 3 ? undefined : ranges.join(' and ');
}

/**
 * What alerts say of it; undefined where nothing is new: `unlike deploy before: first time from AS64500, first use of kms in 90 days; at 03 UTC,
 * usually 08-18 UTC`. Its strings are as hostile as the log.
 */
export function usualSentence({ fresh, days, hours }: Usual, place: Place): string | undefined {
  if (fresh.length === 0) return undefined;
  const words = fresh.map(({ kind, text }) => {
    switch (kind) {
      case 'country':
        return `first time from ${countryName(text) ?? text}`;
      case 'network':
        return `first time from the network ${text}${place.asName !== undefined && text.startsWith('AS') ? ` (${place.asName})` : ''}`;
      case 'agent':
        return `first time with ${text}`;
      case 'service':
        return `first use of ${text}`;
      case 'hour':
        return `at ${text} UTC${hours === undefined ? '' : `, usually ${hours} UTC`}`;
    }
  });
  return `unlike in the ${days === 1 ? 'day' : `${days} days`} before: ${words.join('; ')}`;
}

/** What rules see under `tocsin.usual`. */
export const usualFieldNames: readonly FieldName[] = [
  {
    name: 'usual.actor',
    description:
      'whose habits the event is held against: the person as in tocsin.person.id before the configuration names it, or the role; tocsin.usual.* is only there where a server learned of the actor',
  },
  { name: 'usual.days', description: 'for how many days the actor is known, 90 at most' },
  { name: 'usual.known', description: 'whether that is long enough to tell what is new: true or false' },
  {
    name: 'usual.new',
    description:
      'what the actor did not show in these days: country, network, agent, service, hour; empty where all is as usual',
  },
  { name: 'usual.hours', description: 'when the actor is usually at work, in UTC, such as 08-18' },
];

/** The same under the names that rules use. */
export function usualFields({ actor, days, isKnown, fresh, hours }: Usual): JsonObject {
  return {
    actor,
    days,
    known: isKnown,
    new: fresh.map(({ kind }) => kind),
    ...(hours === undefined ? {} : { hours }),
  };
}
