import type { Event } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import { list, member, object, text } from '../../event/json.ts';
import type { FieldName } from '../../facts/field-name.ts';
import { addressIn, observablesIn } from '../observable.ts';
import { indicatorTypes, urlIn, type IndicatorType } from './indicator.ts';
import type { IndicatorSet } from './indicator-set.ts';

/** A feed of indicators, under the name that the configuration gives it. */
export interface Feed {
  readonly name: string;
  readonly set: IndicatorSet;
}

/** Something of an event that a feed warns of. Plain data, kept with alerts. */
export interface Warning {
  readonly type: IndicatorType;
  /** As the event names it. */
  readonly value: string;
  readonly feed: string;
  readonly label?: string | undefined;
}

/** More of one event are not told. */
const mostWarnings = 10;

/** What feeds warn of in an event, at the event's own time: who called, with what program, and what a finding names. */
export function warningsOf(event: Event, feeds: readonly Feed[]): readonly Warning[] {
  if (feeds.length === 0) return [];
  const found = new Map<string, Warning>();
  for (const [type, value] of namedBy(event)) {
    for (const { name, set } of feeds) {
      const known = set.find(type, value, event.time);
      if (known === undefined || found.size >= mostWarnings) continue;
      const { label } = known;
      found.set(`${type} ${value} ${name}`, {
        type,
        value,
        feed: name,
        ...(label !== undefined && { label }),
      });
    }
  }
  return [...found.values()];
}

function namedBy({ client, fields }: Event): readonly (readonly [IndicatorType, string])[] {
  const { origin, userAgent } = client;
  const address = origin.type === 'address' ? addressIn(origin.address) : undefined;
  return [
    ...(address === undefined ? [] : [['address', address] as const]),
    ...(userAgent === undefined ? [] : [['agent', userAgent] as const]),
    ...observablesIn(fields).map(({ type, value }) => [type, value] as const),
    ...urlsIn(fields).map((url) => ['url', url] as const),
  ];
}

/** Where records name a URL: the endpoint of a subscription, an indicator of Security Hub. */
function urlsIn(fields: JsonObject): readonly string[] {
  const endpoint = text(object(fields, 'requestParameters'), 'endpoint');
  const named = list(fields, 'ThreatIntelIndicators')
    .slice(0, 20)
    .flatMap((item) => (member(item, 'Type') === 'URL' ? (text(item, 'Value') ?? []) : []));
  return [endpoint, ...named].flatMap((found) => (found === undefined ? [] : (urlIn(found) ?? [])));
}

const words: Readonly<Record<IndicatorType, string>> = {
  address: 'an address that the event names',
  domain: 'a domain that the event names',
  url: 'a URL that the event names',
  hash: 'the hash of a file that the event names',
  agent: 'the program that made the call, as it says',
};

/** What rules see under `tocsin.intel`. */
export const intelFieldNames: readonly FieldName[] = [
  {
    name: 'intel.feeds',
    description: 'names of the feeds of indicators that warn of something in the event',
  },
  ...indicatorTypes.flatMap((type): readonly FieldName[] => [
    { name: `intel.${type}.value`, description: `${words[type]}, where a feed warns of it` },
    { name: `intel.${type}.feed`, description: 'the feed that warns of it' },
    { name: `intel.${type}.label`, description: 'what the feed says that it is' },
  ]),
];

/** Warnings under the names that rules use, the first of each kind; undefined where there is none. */
export function intelFields(warnings: readonly Warning[]): JsonObject | undefined {
  if (warnings.length === 0) return undefined;
  const kinds = indicatorTypes.flatMap((type) => {
    const first = warnings.find((warning) => warning.type === type);
    if (first === undefined) return [];
    const { value, feed, label } = first;
    return [[type, { value, feed, ...(label !== undefined && { label }) }] as const];
  });
  return { feeds: [...new Set(warnings.map(({ feed }) => feed))], ...Object.fromEntries(kinds) };
}
