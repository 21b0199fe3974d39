import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { buildApp } from 'fauxqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeValue } from '../decode/decode.ts';
import type { Json } from '../event/json.ts';
import { parseRules } from '../sigma/parse.ts';
import { rejectionId } from '../store/identity.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Store, StoredRejection } from '../store/store.ts';
import { trailStopped } from '../../test/support/records.ts';
import {
  folderPlace,
  readDeadLetters,
  s3Place,
  writeDeadLetters,
  writeMarks,
  type DeadLetterPlace,
} from './dead-letters.ts';
import { createEngine } from './engine.ts';
import { createIngest } from './ingest.ts';
import { keepDeadLetters } from './keep-dead-letters.ts';
import { openAssets } from './kept-assets.ts';
import { openCorrelations } from './kept-correlations.ts';
import { createLog } from './log.ts';
import { workerAccounts } from './worker-accounts.ts';
import { matchesFilter, replayWith, whyNotWhole, type ReplayFilter, type ReplayOne } from './replay.ts';

const { rules } = parseRules(
  'title: Trail stopped\nid: stopped\nlogsource: { product: aws, service: cloudtrail }\ndetection: { a: { eventName: StopLogging }, condition: a }\n',
  'r.yml',
);
const provenance = {
  source: 's3',
  object: 's3://trail/a.json.gz',
  position: 4_711,
  receivedAt: 1_000,
  worker: 'eu',
};
const rejected = (content: string): Omit<StoredRejection, 'id'> => ({
  provenance,
  reason: 'the rules could not be run on it',
  length: Buffer.byteLength(content),
  bytes: Buffer.from(content),
});
/** With the id that a store gives it. */
const letter = (content: string): StoredRejection => ({
  id: rejectionId(rejected(content)),
  ...rejected(content),
});

const workers = [
  { name: 'eu', keys: [] },
  { name: 'us', keys: [], accounts: ['444455556666'] },
];

let store: Store;
let replay: ReplayOne;
beforeEach(async () => {
  store = await openSqliteStore({ path: ':memory:' });
  const engine = createEngine(rules);
  const ingest = createIngest({
    engine,
    store,
    assets: await openAssets(store),
    correlations: await openCorrelations(engine, store, { lateness: 0, clock: () => 0 }),
    channelsFor: () => ['chat'],
    clock: () => 0,
    onCommit: () => {},
  });
  replay = replayWith(engine, ingest, workerAccounts(workers), () => 0);
});
afterEach(() => store.close());

describe('what is replayed', () => {
  it('raises its alerts as from where it was found, once, and with the id that the event would have had', async () => {
    // Without an id of its own, its place and content are its identity.
    const { eventID: _, ...fields } = trailStopped();
    const rejection = rejected(JSON.stringify(fields));
    expect(await replay(rejection, true)).toEqual({ type: 'replayed', events: 1, alerts: 1 });
    expect((await store.counts()).alerts.medium).toBe(0);
    expect(await replay(rejection, false)).toEqual({ type: 'replayed', events: 1, alerts: 1 });
    expect(await replay(rejection, false)).toEqual({ type: 'replayed', events: 1, alerts: 0 });
    const [alert] = (await store.alerts({ limit: 10 })).alerts;
    const { position, ...arrival } = provenance;
    const [event] = decodeValue(fields as Json, arrival, { startAt: position }).events;
    expect(alert?.evidence).toMatchObject({ eventId: event?.id, provenance });
    expect(await store.owed()).toEqual({ chat: 1 });
  });

  it('fails again with the present reason, and is not kept a second time', async () => {
    const outcome = await replay(rejected('{"neither":1}'), false);
    expect(outcome).toMatchObject({ type: 'failed', reason: expect.stringMatching(/\w/) });
    expect(await store.rejections(10)).toEqual([]);
  });

  const own = { recipientAccountId: '444455556666' };
  const nobodys = { recipientAccountId: undefined, userIdentity: { type: 'Unknown' } };
  const ofOthers = "worker us may not send this: the event is of account 111122223333; its 'accounts'";
  it.each<[string, string | undefined, readonly Readonly<Record<string, unknown>>[], string]>([
    ['an event of its own account', 'us', [own], 'replayed'],
    ['an event of a foreign account', 'us', [{}], ofOthers],
    ['events of both', 'us', [own, {}], ofOthers],
    ['an event of no account', 'us', [nobodys], 'the event names no account'],
    ['an event of any account, as it speaks for all', 'eu', [{}], 'replayed'],
    [
      'an event, and is not configured any more',
      'old',
      [{}],
      'worker old may not send this: it is not among',
    ],
    ['an event under no name', '', [{}], 'it is not among'],
    ['nothing: it was read here', undefined, [{}], 'replayed'],
  ])('is held to the accounts of its worker, which sent %s', async (_, worker, changes, expected) => {
    const records = changes.map((change) => JSON.stringify(trailStopped(change)));
    const sent = { ...rejected(records.join('\n')), provenance: { ...provenance, worker } };
    const told = async (isDryRun: boolean): Promise<string> => {
      const became = await replay(sent, isDryRun);
      return became.type === 'failed' ? became.reason : became.type;
    };
    expect(await told(true)).toContain(expected);
    expect(await told(false)).toContain(expected);
    expect((await store.alerts({ limit: 10 })).alerts).toHaveLength(expected === 'replayed' ? 1 : 0);
  });

  it('is nothing where it holds no record by its nature', async () => {
    expect(await replay(rejected('{"Event":"s3:TestEvent"}'), false)).toEqual({ type: 'nothing' });
  });

  it.each([
    ['nothing of it was kept', 0, 0],
    ['nothing of it was kept', 0, 900],
    ['only the first 3 of 900 bytes were kept', 3, 900],
    [undefined, 900, 900],
  ])('%s, where %i of %i bytes are there', (expected, kept, length) => {
    expect(whyNotWhole({ bytes: new Uint8Array(kept), length })).toBe(expected);
  });

  it.each<[ReplayFilter, boolean]>([
    [{}, true],
    [{ reason: 'RULES could' }, true],
    [{ reason: 'json' }, false],
    [{ source: 's3', object: 'trail', worker: 'eu' }, true],
    [{ source: 'file' }, false],
    [{ object: 'other' }, false],
    [{ worker: 'us' }, false],
    [{ since: 1_000, until: 1_001 }, true],
    [{ since: 1_001 }, false],
    [{ until: 1_000 }, false],
  ])('is chosen by %j: %s', (filter, expected) => {
    expect(matchesFilter(filter, { id: 'a', ...rejected('{}') })).toBe(expected);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'tocsin-dead-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let aws: ReturnType<typeof buildApp>;
let s3: S3Client;
let places = 0;
beforeAll(async () => {
  aws = buildApp({ logger: false });
  await aws.listen({ host: '127.0.0.1', port: 0 });
  s3 = new S3Client({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: `http://127.0.0.1:${(aws.server.address() as AddressInfo).port}`,
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
});
afterAll(() => aws.close());

describe.each([
  ['a folder', () => folderPlace(join(folder, `deep/${++places}`))],
  ['a bucket', () => s3Place(s3, 'kept', `dead/${++places}/`)],
])('dead letters in %s', (_kind, newPlace) => {
  let place: DeadLetterPlace;
  beforeEach(() => {
    place = newPlace();
  });

  it('come back as they were, bytes included, with what became of them', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
    const given = [{ id: 'a', ...rejected('x'), bytes: Buffer.from(bytes), length: 256 }];
    await writeDeadLetters(place, 1, given);
    const [name = ''] = await place.list();
    expect(await readDeadLetters(place, name)).toEqual({ name, rejections: given, marks: {}, damage: [] });
    const marks = { a: { at: 1, reason: 'still' } };
    await writeMarks(place, name, marks);
    expect((await readDeadLetters(place, name)).marks).toEqual(marks);
    expect(await place.list()).toEqual([name]);
  });

  it('get every rejection of the store, also where its numbers are given again', async () => {
    const { ledger } = store;
    const open = () =>
      keepDeadLetters({
        place,
        ledger,
        position: (source) => store.position(source),
        commit: (batch) => store.commit(batch),
        clock: () => 0,
        log: createLog('error', false),
        everyMs: 1_000_000,
      });
    const reject = (text: string) => store.commit({ alerts: [], rejections: [rejected(text)], now: 0 });
    const copied = async () => {
      const files = await Promise.all((await place.list()).map((name) => readDeadLetters(place, name)));
      return new Set(
        files.flatMap(({ rejections }) => rejections.map(({ bytes }) => Buffer.from(bytes).toString())),
      );
    };
    await reject('one');
    await reject('two');
    await (await open()).stop();
    expect(await copied()).toEqual(new Set(['one', 'two']));
    const written = await place.list();
    await (await open()).stop();
    expect(await place.list()).toEqual(written);
    const newest = (await store.rejections(1)).map(({ id }) => id);
    await ledger.forget(newest);
    await reject('three');
    await (await open()).stop();
    expect(await copied()).toEqual(new Set(['one', 'two', 'three']));
  });

  const letters = ['a', 'b', 'c'].map((name) => letter(`{"${name}":1}`));
  const id = letters[1]?.id ?? '';
  const none = 'it is no dead letter, or is damaged';
  const unpackedWith = (change: (text: string) => string) => (file: Buffer) =>
    gzipSync(change(gunzipSync(file).toString('utf8')));
  it.each<[string, (file: Buffer) => Uint8Array, string, readonly (readonly [number | undefined, RegExp])[]]>(
    [
      ['that is none', () => Buffer.from('no gzip'), '', [[undefined, /^it is no file of dead letters$/]]],
      ['that is empty', () => Buffer.alloc(0), '', [[undefined, /^it is no file of dead letters$/]]],
      ['of which only the name is left', (file) => file.subarray(0, 12), '', [[undefined, /cut off/]]],
      ['that is cut off at its end', (file) => file.subarray(0, -4), 'abc', [[4, /cut off/]]],
      [
        'that has not been written to its end',
        unpackedWith((text) => text.slice(0, -9)),
        'ab',
        [[3, new RegExp(none)]],
      ],
      [
        'with a line that is no JSON',
        unpackedWith((text) => text.replace(`{"id":"${id}"`, `{"id":${id}`)),
        'ac',
        [[2, new RegExp(none)]],
      ],
      [
        'with a line of another kind',
        unpackedWith((text) => text.replace(`"id":"${id}"`, `"name":"${id}"`)),
        'ac',
        [[2, new RegExp(none)]],
      ],
      ['with an empty line', unpackedWith((text) => text.replace('\n', '\n\n')), 'abc', []],
    ],
  )('of a file %s give what can be read, and tell of the rest', async (_, damage, left, told) => {
    await writeDeadLetters(place, 1, letters);
    const [name = ''] = await place.list();
    await place.write(name, damage((await place.read(name)) ?? Buffer.alloc(0)));
    const read = await readDeadLetters(place, name);
    expect(read.rejections).toEqual(letters.filter((_letter, index) => left.includes('abc'.charAt(index))));
    expect(read.damage).toEqual(
      told.map(([line, reason]) => ({
        file: `${place.name}${name}`,
        line,
        reason: expect.stringMatching(reason) as string,
      })),
    );
  });

  it('are not replayed again where it is not known which of them were', async () => {
    await writeDeadLetters(place, 1, letters);
    const [name = ''] = await place.list();
    await place.write(`${name}.replayed.json`, Buffer.from('{"a":'));
    expect(await readDeadLetters(place, name)).toMatchObject({
      rejections: [],
      damage: [
        { line: undefined, reason: expect.stringContaining(`delete ${name}.replayed.json`) as string },
      ],
    });
  });

  it('know nothing of a file that is not there', async () => {
    await place.write('rejections-1.jsonl.gz', Buffer.from('x'));
    expect(await place.read('rejections-2.jsonl.gz')).toBeUndefined();
    const file = `${place.name}rejections-2.jsonl.gz`;
    expect(await readDeadLetters(place, 'rejections-2.jsonl.gz')).toMatchObject({
      damage: [{ file, line: undefined, reason: 'it is gone' }],
    });
  });
});

it('dead letters of a file with a byte that was altered are given as they were written or not at all', async () => {
  const place = folderPlace(join(folder, 'altered'));
  const letters = ['{"eventName":"StopLogging","n":1}', '{"eventName":"StopLogging","n":2}'].map(letter);
  await writeDeadLetters(place, 1, letters);
  const [name = ''] = await place.list();
  const good = (await place.read(name)) ?? Buffer.alloc(0);
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 1;
    const read = await readDeadLetters(
      { ...place, read: async (asked) => (asked === name ? bad : undefined) },
      name,
    );
    for (const one of read.rejections) {
      expect(letters.map(({ id }) => id)).toContain(one.id);
      expect(rejectionId(one)).toBe(one.id);
      expect(one.provenance.worker).toBeDefined();
    }
    // A few bytes of the header say nothing of the content, such as when it was packed.
    const isWhole = read.rejections.length === letters.length;
    expect(isWhole || read.damage.length > 0).toBe(true);
  }
});

it('dead letters that cannot be read at all are told of as the others', async () => {
  const place = folderPlace(join(folder, 'refused'));
  const name = 'rejections-0.jsonl.gz';
  mkdirSync(join(folder, 'refused', name), { recursive: true });
  expect(await readDeadLetters(place, name)).toEqual({
    name,
    rejections: [],
    marks: {},
    damage: [
      {
        file: `${place.name}${name}`,
        line: undefined,
        reason: expect.stringContaining('EISDIR') as string,
      },
    ],
  });
});

it('dead letters in a bucket are listed where there are more than one answer holds, and nothing else is', async () => {
  const names = Array.from({ length: 1_003 }, (_, n) => `rejections-${String(n).padStart(4, '0')}.jsonl.gz`);
  const place = s3Place(s3, 'kept', 'many/');
  for (const name of [...names, 'readme.txt']) await place.write(name, Buffer.from('x'));
  await s3Place(s3, 'kept', 'other/').write('rejections-x.jsonl.gz', Buffer.from('x'));
  expect(await place.list()).toEqual(names);
});
