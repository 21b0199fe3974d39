import type { Alert, ExceptionNote } from '../../alert/alert.ts';
import { newsKinds } from '../../alert/join.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import type { Rejection } from '../../event/record.ts';
import type { Severity } from '../../event/severity.ts';
import { markedAlert } from '../alert-mark.ts';
import type { CommitJoining } from '../owed.ts';
import type { Store } from '../store.ts';

export interface SampleParts {
  readonly time?: number;
  readonly severity?: Severity;
  readonly ruleId?: string;
  readonly account?: string | undefined;
  readonly title?: string;
  readonly fields?: JsonObject;
  readonly exception?: ExceptionNote | undefined;
}

export const sampleException: ExceptionNote = {
  name: 'penetration test',
  reason: 'agreed with the provider',
  owner: 'jane',
  until: 1e15,
};

/** 32 hex digits, in the order of the numbers. */
export function sampleId(number: number): string {
  return number.toString(16).padStart(32, '0');
}

/** An alert with every member that an alert has. */
export function sampleAlert(number: number, parts: SampleParts = {}): Alert {
  const account = 'account' in parts ? parts.account : '111122223333';
  const time = parts.time ?? 1_700_000_000_000 + number;
  return {
    id: sampleId(number),
    rule: { id: parts.ruleId ?? 'aws-s3-bucket-public', title: 'Bucket opened to everyone' },
    severity: parts.severity ?? 'high',
    ...(parts.exception && { exception: parts.exception }),
    title: parts.title ?? 'alice made the bucket invoices public',
    description: 'Anyone can read what is in the bucket.',
    response: 'Block public access to the bucket.',
    time,
    receivedAt: time + 10,
    decidedAt: time + 11,
    who: {
      kind: 'iam-user',
      name: 'alice',
      arn: 'arn:aws:iam::111122223333:user/alice',
      mfa: false,
      chain: [],
    },
    what: {
      kind: 'cloudtrail.api-call',
      service: 's3.amazonaws.com',
      action: 'PutBucketPolicy',
      result: 'success',
      targets: [{ type: 'AWS::S3::Bucket', name: 'invoices' }],
    },
    where: { account, region: 'eu-central-1', origin: { type: 'address', address: '198.51.100.7' } },
    tactics: [{ id: 'TA0010', name: 'Exfiltration' }],
    techniques: [{ id: 'T1537', name: 'Transfer Data to Cloud Account' }],
    facts: [
      {
        explanation: 'anyone on the internet can now read every object in `invoices`',
        unknowns: ['account setting'],
      },
    ],
    falsePositives: [],
    references: [],
    evidence: {
      eventId: `event-${number}`,
      provenance: { source: 'file', object: 'trail.json', position: number, receivedAt: time + 10 },
      fields: parts.fields ?? { eventName: 'PutBucketPolicy' },
    },
  };
}

/** A finding that joins others of its group within an hour. */
export function sampleFinding(
  number: number,
  minute: number,
  parts: SampleParts & { group?: string } = {},
): Alert {
  const key = (parts.group ?? 'a').padStart(32, '0');
  return {
    ...sampleAlert(number, { ...parts, time: sampleStart + minute * 60_000 }),
    group: { key, windowMs: 3_600_000 },
  };
}

/** Minute 0 of `sampleFinding`. */
export const sampleStart = 1_700_000_000_000;

/** Joining with nothing but what is asked for. */
export function sampleJoining(parts: Partial<CommitJoining> = {}): CommitJoining {
  return {
    raise: { on: newsKinds, steps: 1 },
    realertOf: () => undefined,
    channelsFor: () => ['slack'],
    ...parts,
  };
}

/** An alert of several events, of which more may come. */
export function sampleGrowing(number: number, value: number, end: number): Alert {
  const counted = { type: 'event_count', summary: `${value} events`, group: [], events: [] };
  return { ...sampleAlert(number), correlation: { ...counted, value, total: value, start: 0, end } };
}

export function sampleRejection(number: number, parts: Partial<Rejection> = {}): Rejection {
  const bytes = parts.bytes ?? Buffer.from(`not a record ${number}`);
  return {
    provenance: { source: 'file', object: 'trail.json', position: number, receivedAt: 5 },
    reason: 'not JSON; send one JSON value per line',
    length: bytes.length,
    ...parts,
    bytes,
  };
}

/** Strings that break stores which are careless with text. */
export const hostileTexts: readonly (readonly [name: string, text: string])[] = [
  ['a NUL character', 'before\0after'],
  ['only a NUL character', '\0'],
  ['a lone high surrogate', 'x\ud83dx'],
  ['a lone low surrogate at the end', 'x\ude00'],
  ['surrogates in the wrong order', '\ude00\ud83d'],
  ['what the escape of a lone surrogate looks like', '\\ud83d \\u0000 \\\\ \\#'],
  ['characters past the basic plane', '🚨𝕬'],
  ['a byte order mark in front', '\ufeffx'],
  ['line separators and non-characters', '\u2028\u2029\ufffe\uffff\ufffd'],
  ['right-to-left marks', '\u202eexe.jpg'],
  ['SQL', `'); DROP TABLE alerts; -- "`],
  ['an empty string', ''],
  ['a megabyte', 'é'.repeat(512 * 1024)],
];

/** Raw fields as `JSON.parse` returns them, with keys that poison careless copies. */
export function hostileFields(text: string): JsonObject {
  const parsed = JSON.parse(
    '{"__proto__":{"isAdmin":true},"constructor":{"prototype":1},"hasOwnProperty":null,"":[],"toString":0}',
  ) as Json;
  return Object.defineProperty({ [text]: text, list: [text, [text]] }, 'inner', {
    value: parsed,
    enumerable: true,
  });
}

/** Takes alerts out as they are now. Returns how many went. */
export async function forgetNow(
  store: Pick<Store, 'alert' | 'forget'>,
  ids: readonly string[],
): Promise<number> {
  const alerts = await Promise.all(ids.map((id) => store.alert(id)));
  return store.forget(alerts.flatMap((alert) => (alert === undefined ? [] : [markedAlert(alert)])));
}
