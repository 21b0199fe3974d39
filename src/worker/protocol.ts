import * as z from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../event/json.ts';
import { severities } from '../event/severity.ts';

/** Where a controller takes batches. It is signed as it stands here, whatever a proxy puts before it. */
export const batchPath = '/v1/worker/batches';

/** Names of the headers of a batch, in lower case; docs/workers.md tells of each. */
export const batchHeaders = {
  worker: 'tocsin-worker',
  time: 'tocsin-time',
  batch: 'tocsin-batch',
  digest: 'tocsin-content-sha256',
  signature: 'tocsin-signature',
  /** In answers: the longest unpacked body that the controller would like now. */
  maxBytes: 'tocsin-batch-bytes',
} as const;

/** The longest body that a controller takes, in bytes: as it is sent, and unpacked. */
export const batchLimits = { packed: 8 * 1024 * 1024, unpacked: 32 * 1024 * 1024, items: 5_000 } as const;

export const workerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens');

/** Names one stream of items, whose sequence numbers begin with 1. */
const streamPattern = /^[A-Za-z0-9-]{8,64}$/;

/** A JSON object that is handed on as it is: a copy would lose a member called `__proto__`. */
function rawObject(description: string) {
  return z
    .unknown()
    .refine((value): value is JsonObject => isJsonObject(value as Json), 'expected an object')
    .meta({ type: 'object', description });
}

const shortText = z.string().max(1_000);
const texts = (most: number) => z.array(z.string().max(4_000)).max(most).readonly();

/** As far as dates go: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const milliseconds = z.number().min(-8.64e15).max(8.64e15);
/** A petabyte: more has nobody, and every store keeps so much. */
const mostBytes = 2 ** 50;
const bytes = z.int().min(0).max(mostBytes);

const provenance = z
  .strictObject({
    source: z.string().max(100),
    object: z.string().max(4_096),
    position: bytes,
    receivedAt: milliseconds.describe('Milliseconds since the epoch.'),
  })
  .describe('Where the worker found it.');

/** What a rule says of itself, for a controller that does not have the rule. */
const ruleHeader = z
  .strictObject({
    id: z.string().min(1).max(500),
    title: z.string().max(2_000),
    level: z.enum(severities),
    description: z.string().max(20_000),
    tags: texts(200),
    references: texts(200),
    falsePositives: texts(200),
    headline: z.string().max(4_000).optional(),
    response: z.string().max(20_000).optional(),
  })
  .describe('The rule that matched.');

const finding = z.strictObject({
  eventId: shortText.min(1).describe('The event that made the rule match: the id that its source gave it.'),
  rule: ruleHeader,
});

const recordItem = z.strictObject({
  type: z.literal('record'),
  from: provenance,
  record: rawObject('The raw record, unchanged, in any form that POST /v1/events takes.'),
  findings: z
    .array(finding)
    .max(1_000)
    .readonly()
    .optional()
    .describe('What rules of the worker found in it; absent where the worker does not judge.'),
});

const rejectionItem = z.strictObject({
  type: z.literal('rejection'),
  from: provenance,
  reason: z.string().min(1).max(4_000),
  length: bytes.describe('Length in bytes of what was refused.'),
  bytes: z.base64().describe('What was refused, or its beginning.'),
});

const lostItem = z
  .strictObject({
    type: z.literal('lost'),
    count: z.int().min(1).describe('How many items.'),
    reason: z.string().min(1).max(1_000),
    at: milliseconds.describe('When, in milliseconds since the epoch.'),
  })
  .describe('The worker tells that items never left it.');

export const itemSchema = z.discriminatedUnion('type', [recordItem, rejectionItem, lostItem]);

/** One thing that a worker sends. */
export type WorkerItem = z.output<typeof itemSchema>;
export type RecordItem = Extract<WorkerItem, { type: 'record' }>;

/** The body of a batch. `first` is the sequence number of its first item in the stream. */
export const batchSchema = z
  .strictObject({
    version: z.literal(1),
    stream: z.string().regex(streamPattern),
    first: z.int().min(1),
    ends: z.boolean().default(false).describe('Whether nothing follows in this stream.'),
    items: z.array(itemSchema).max(batchLimits.items).readonly(),
  })
  .describe('What a worker sends, in the order of its sequence numbers.');

export type WorkerBatch = z.output<typeof batchSchema>;

/** What became of a batch: items = taken + repeated + refused. */
export const takenSchema = z.object({
  through: z
    .int()
    .describe('The stream has been taken up to this sequence number; the worker may forget it.'),
  taken: z.int().describe('Items that were new.'),
  repeated: z.int().describe('Items that had been taken before.'),
  refused: z
    .int()
    .describe('Items that the worker may not send, such as of another account; kept as rejections.'),
  alerts: z.int().describe('Alerts that were not there before.'),
  unconfirmed: z
    .int()
    .describe('Findings that the same rule did not make here: the rules of worker and controller differ.'),
});

export type Taken = z.output<typeof takenSchema>;

/** The name of a batch in the header: it is signed, and no two batches of a worker share one. */
export function batchName(stream: string, first: number, count: number): string {
  return `${stream}:${first}+${count}`;
}

/** The body of a batch from items that are JSON already, without parsing them. */
export function batchBody(
  batch: Pick<WorkerBatch, 'stream' | 'first' | 'ends'>,
  items: readonly string[],
): string {
  const { stream, first, ends } = batch;
  const head = JSON.stringify({ version: 1, stream, first, ends });
  return `${head.slice(0, -1)},"items":[${items.join(',')}]}`;
}
