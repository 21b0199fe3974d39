import { isList, list, member, object, text, type Json } from '../../event/json.ts';
import { indicatorValue, labelIn, type IndicatorSink, type IndicatorType } from './indicator.ts';

/** Types of attributes by what they are, with those of which only a part is one: https://www.misp-project.org/datamodels/ */
const types: Readonly<Record<string, readonly IndicatorType[]>> = {
  'ip-src': ['address'],
  'ip-dst': ['address'],
  'ip-src|port': ['address'],
  'ip-dst|port': ['address'],
  domain: ['domain'],
  hostname: ['domain'],
  'hostname|port': ['domain'],
  'domain|ip': ['domain', 'address'],
  url: ['url'],
  md5: ['hash'],
  sha1: ['hash'],
  sha256: ['hash'],
  'user-agent': ['agent'],
};

/** `filename|sha256` and the like: the hash is the second part. */
const named = /^filename\|(?:md5|sha1|sha256)$/;

const mostEvents = 20_000;
const mostObjects = 20_000;

/**
 * Attributes of MISP: one event, a list of events, or an answer of its API to a search for events or attributes. Only those that are marked for
 * detection (`to_ids`) count, and nothing that was deleted. https://github.com/MISP/misp-rfc/blob/main/misp-core-format/raw.md
 */
export function readMisp(root: Json, sink: IndicatorSink): void {
  const answer = member(root, 'response') ?? root;
  const items = isList(answer) ? answer : [answer];
  for (const item of items.slice(0, mostEvents)) {
    const event = object(item, 'Event') ?? item;
    const label = labelIn(member(event, 'info'));
    const groups = [event, ...list(event, 'Object').slice(0, mostObjects)];
    for (const group of groups)
      for (const attribute of list(group, 'Attribute')) if (!takeAttribute(attribute, label, sink)) return;
  }
}

function takeAttribute(attribute: Json, event: string | undefined, sink: IndicatorSink): boolean {
  if (member(attribute, 'to_ids') !== true || member(attribute, 'deleted') === true) return true;
  const type = text(attribute, 'type') ?? '';
  const value = text(attribute, 'value') ?? '';
  // Only types of two parts have two: a user agent or an address of the web may well have a bar of its own.
  const [first = '', second = ''] = type.includes('|') ? value.split('|', 2) : [value];
  const label =
    event ?? labelIn(member(object(attribute, 'Event'), 'info')) ?? labelIn(member(attribute, 'category'));
  const wanted: readonly (readonly [IndicatorType, string])[] = named.test(type)
    ? [['hash', second]]
    : (Object.hasOwn(types, type) ? (types[type] ?? []) : []).map(
        (one, i) => [one, i === 0 ? first : second] as const,
      );
  if (wanted.length === 0) sink.leaveOut();
  for (const [kind, found] of wanted) {
    const indicator = indicatorValue(kind, found);
    if (indicator === undefined) sink.leaveOut();
    else if (!sink.add({ type: kind, value: indicator, label })) return false;
  }
  return true;
}
