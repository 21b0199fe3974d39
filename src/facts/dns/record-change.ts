import type { Event } from '../../event/event.ts';
import type { Json } from '../../event/json.ts';
import { isJsonObject, object } from '../../event/json.ts';
import { loose, looseList, looseObject, looseText } from '../loose.ts';

/** What a call asks of one DNS record set: `set` makes it or puts it in the place of what was there. */
export interface RecordChange {
  readonly change: 'created' | 'set' | 'deleted' | 'unknown';
  /** Id of the hosted zone, without `/hostedzone/`. */
  readonly zone: string;
  /** In lower case, without the dot at its end; `*` for a wildcard. */
  readonly name: string;
  /** `A`, `CNAME`, `TXT` ... */
  readonly type: string;
  /** What the record says, as it is written; for an alias the name that it stands for, spelled like `name`. */
  readonly values: readonly string[];
  /** True for Route 53's alias records, which answer with what an AWS resource has for addresses. */
  readonly alias: boolean;
  /** In seconds; an alias has none. */
  readonly ttl: number | undefined;
  /** Tells records of one name and type apart where traffic is divided among them. */
  readonly setIdentifier: string | undefined;
  /** True where the same batch deletes the record and makes it anew: the way to change it that UPSERT is not. */
  readonly replaced: boolean;
}

/** Route 53 takes a thousand in one call at most. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests-changeresourcerecordsets */
const mostChanges = 1000;
/** https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html: 400 values in one record. */
const mostValues = 400;

/** The action that these changes are read from, as analysers are asked about it. */
export const recordChangeAction = 'route53.amazonaws.com:ChangeResourceRecordSets';

/**
 * The changes of records that a Route 53 call asks for, whether it succeeded or not (`event.outcome` tells); empty for every other event.
 * Members without a name are passed over. Shape: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/logging-using-cloudtrail.html
 */
export function recordChangesOf(event: Event): readonly RecordChange[] {
  if (`${event.service}:${event.action}` !== recordChangeAction) return [];
  const request = object(event.fields, 'requestParameters');
  const zone = bareId(looseText(request, 'hostedZoneId') ?? '');
  const read = looseList(looseObject(request, 'changeBatch'), 'changes')
    .slice(0, mostChanges)
    .flatMap((change) => changeOf(change, zone));
  const keyOf = (one: RecordChange) => JSON.stringify([one.name, one.type, one.setIdentifier ?? null]);
  const deleted = new Set(read.filter(({ change }) => change === 'deleted').map(keyOf));
  const made = new Set(read.filter(({ change }) => change === 'created' || change === 'set').map(keyOf));
  return read.map((one) =>
    deleted.has(keyOf(one)) && made.has(keyOf(one)) ? { ...one, replaced: true } : one,
  );
}

function changeOf(change: Json, zone: string): readonly RecordChange[] {
  const set = looseObject(change, 'resourceRecordSet');
  const name = looseText(set, 'name');
  if (name === undefined) return [];
  const aliasName = looseText(looseObject(set, 'aliasTarget'), 'dNSName');
  const ttl = Number(loose(set, 'tTL') ?? Number.NaN);
  return [
    {
      change: changes.get((looseText(change, 'action') ?? '').toUpperCase()) ?? 'unknown',
      zone,
      name: bareName(name),
      type: (looseText(set, 'type') ?? '').toUpperCase(),
      values:
        aliasName === undefined
          ? looseList(set, 'resourceRecords').slice(0, mostValues).flatMap(valueOf)
          : [bareName(aliasName)],
      alias: aliasName !== undefined,
      ttl: Number.isFinite(ttl) && ttl >= 0 ? ttl : undefined,
      setIdentifier: looseText(set, 'setIdentifier'),
      replaced: false,
    },
  ];
}

const changes: ReadonlyMap<string, RecordChange['change']> = new Map<string, RecordChange['change']>([
  ['CREATE', 'created'],
  ['DELETE', 'deleted'],
  ['UPSERT', 'set'],
]);

function valueOf(record: Json): readonly string[] {
  const value = isJsonObject(record) ? looseText(record, 'value') : record;
  return typeof value === 'string' ? [value] : [];
}

/** `/hostedzone/Z123` and `Z123` are the same zone. */
export function bareId(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** A DNS name as this code compares it: lower case, no dot at its end, `*` written as such and not as `\052`. */
export function bareName(name: string): string {
  const plain = name.toLowerCase().replaceAll('\\052', '*');
  return plain.length > 1 && plain.endsWith('.') ? plain.slice(0, -1) : plain;
}
