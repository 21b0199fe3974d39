import type { Warning } from '../context/intel/intel.ts';
import { indicatorTypes } from '../context/intel/indicator.ts';
import type { ActorKind, Event, EventKind, Origin } from '../event/event.ts';
import { list, member, object, text, type Json, type JsonObject } from '../event/json.ts';
import type { Provenance } from '../event/record.ts';

/** What an alert says of each of several events: enough to know it, and to find it again. Its strings are as hostile as the log. */
export interface EventDigest {
  readonly kind: EventKind;
  readonly service: string;
  readonly action: string;
  readonly result: 'success' | 'failure' | 'unknown';
  readonly reason?: string | undefined;
  /** The first of its targets. */
  readonly target?: string | undefined;
  readonly who: {
    readonly kind: ActorKind;
    readonly name: string;
    readonly arn?: string | undefined;
    readonly account?: string | undefined;
    readonly accessKeyId?: string | undefined;
  };
  /** Whom the configuration knows to be behind it, by name. */
  readonly person?: string | undefined;
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly origin: Origin;
  readonly userAgent?: string | undefined;
  readonly provenance: Provenance;
}

/** What is known around an event when it comes, and is gone when a window is judged. */
interface KnownAround {
  /** Whom the configuration knows to be behind it, by name. */
  readonly person?: string | undefined;
  /** What feeds warn of in it. */
  readonly warnings?: readonly Warning[] | undefined;
  /** What its actor never did before, as a sentence. */
  readonly unusual?: string | undefined;
}

/** What digestOf made. */
export interface ReadDigest extends EventDigest, Pick<KnownAround, 'unusual'> {
  readonly warnings: readonly Warning[];
}

/** Tens of thousands of these may wait in memory; a record may hold a megabyte in any of its fields. */
const longest = 200;
/** What a source calls an object may be a long path. */
const longestObject = 1_000;
/** Of the warnings of one event. */
const mostWarnings = 3;

/** As JSON text: smaller in memory than what it holds. */
export function digestOf(event: Event, { person, warnings = [], unusual }: KnownAround = {}): string {
  const { actor, outcome, client, targets, provenance } = event;
  const { origin } = client;
  return JSON.stringify({
    kind: event.kind,
    service: cut(event.service),
    action: cut(event.action),
    result: outcome.result,
    reason: cut(outcome.code ?? outcome.reason),
    target: cut(targets[0]?.name),
    who: {
      kind: actor.kind,
      name: cut(actor.name),
      arn: cut(actor.arn),
      account: cut(actor.account),
      accessKeyId: cut(actor.accessKeyId),
    },
    person,
    account: cut(event.account),
    region: cut(event.region),
    origin: {
      type: origin.type,
      text: cut(
        origin.type === 'address'
          ? origin.address
          : origin.type === 'service'
            ? origin.service
            : origin.type === 'unknown'
              ? origin.text
              : undefined,
      ),
    },
    userAgent: cut(client.userAgent),
    provenance:
      provenance.object.length <= longestObject
        ? provenance
        : { ...provenance, object: cut(provenance.object, longestObject) },
    warnings:
      warnings.length === 0
        ? undefined
        : warnings.slice(0, mostWarnings).map(({ type, value, feed, label }) => ({
            type,
            value: cut(value),
            feed,
            label: cut(label),
          })),
    unusual: cut(unusual, 400),
  });
}

function cut(value: string, length?: number): string;
function cut(value: string | undefined, length?: number): string | undefined;
function cut(value: string | undefined, length = longest): string | undefined {
  if (value === undefined || value.length <= length) return value;
  return `${value.slice(0, length).toWellFormed()}…`;
}

export function readDigest(digest: string): ReadDigest {
  const json = parsed(digest);
  const who = object(json, 'who');
  const result = text(json, 'result');
  const provenance = object(json, 'provenance');
  const number = (key: string) => Number(member(provenance, key) ?? 0);
  return {
    kind: (text(json, 'kind') ?? 'cloudtrail.api-call') as EventKind,
    service: text(json, 'service') ?? '',
    action: text(json, 'action') ?? '',
    result: result === 'success' || result === 'failure' ? result : 'unknown',
    reason: text(json, 'reason'),
    target: text(json, 'target'),
    who: {
      kind: (text(who, 'kind') ?? 'unknown') as ActorKind,
      name: text(who, 'name') ?? 'unknown',
      arn: text(who, 'arn'),
      account: text(who, 'account'),
      accessKeyId: text(who, 'accessKeyId'),
    },
    person: text(json, 'person'),
    account: text(json, 'account'),
    region: text(json, 'region'),
    origin: readOrigin(object(json, 'origin')),
    userAgent: text(json, 'userAgent'),
    provenance: {
      source: text(provenance, 'source') ?? '',
      object: text(provenance, 'object') ?? '',
      position: number('position'),
      receivedAt: number('receivedAt'),
      ...(text(provenance, 'worker') === undefined ? {} : { worker: text(provenance, 'worker') }),
    },
    warnings: (list(json, 'warnings') ?? []).flatMap(readWarning),
    unusual: text(json, 'unusual'),
  };
}

function readWarning(json: Json): readonly Warning[] {
  const type = indicatorTypes.find((one) => one === text(json, 'type'));
  const [value, feed, label] = [text(json, 'value'), text(json, 'feed'), text(json, 'label')];
  return type === undefined || value === undefined || feed === undefined
    ? []
    : [{ type, value, feed, ...(label !== undefined && { label }) }];
}

function parsed(digest: string): Json {
  try {
    return JSON.parse(digest) as Json;
  } catch {
    return {};
  }
}

function readOrigin(origin: JsonObject | undefined): Origin {
  const words = text(origin, 'text') ?? '';
  switch (text(origin, 'type')) {
    case 'address':
      return { type: 'address', address: words };
    case 'service':
      return { type: 'service', service: words };
    case 'internal':
      return { type: 'internal' };
    default:
      return { type: 'unknown', text: words };
  }
}
