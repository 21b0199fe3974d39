import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mmdbOf } from '../context/testing/mmdb.ts';
import { locateIn, readPlaceSources, type PlaceSources } from '../source/place-files.ts';
import { partsOf } from '../source/file-parts.ts';
import { findFiles } from '../source/files.ts';
import { createAssetMemory } from '../facts/assets/memory.ts';
import { createEngine, type Engine } from './engine.ts';
import { builtinRules, loadRules } from './load-rules.ts';
import { scan, type ScanOptions } from './scan.ts';

let folder: string;
let placesFolder: string;
let engine: Engine;
/** One country by a file of one's own, one by what comes with Tocsin. */
let places: PlaceSources;

/** Nine in ten only read; every tenth stops a trail. Random ids, so that the files stay large when they are packed. */
function records(count: number, from: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const action = i % 10 === 0 ? 'StopLogging' : 'HeadObject';
    const service = i % 10 === 0 ? 'cloudtrail' : 's3';
    const id = crypto.randomUUID();
    const time = new Date(Date.UTC(2026, 0) + (from + i) * 1000).toISOString().slice(0, 19);
    return `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","userName":"alice"},"eventTime":"${time}Z","eventSource":"${service}.amazonaws.com","eventName":"${action}","sourceIPAddress":"${i % 20 === 0 ? '193.0.6.139' : '198.51.100.7'}","requestParameters":{"name":"t${id}","more":"${crypto.randomUUID().repeat(80)}"},"eventID":"${id}"}`;
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-scan-'));
  placesFolder = mkdtempSync(join(tmpdir(), 'tocsin-scan-places-'));
  for (let i = 0; i < 12; i++) {
    const content = `{"Records":[${records(1000, i * 1000).join(',')}]}`;
    writeFileSync(
      join(folder, `${String(i).padStart(2, '0')}.json${i % 3 === 0 ? '.gz' : ''}`),
      i % 3 === 0 ? gzipSync(content) : content,
    );
  }
  writeFileSync(join(folder, '07-broken.json'), `{"Records":[${records(10, 0).join(',')},{"x":`);
  writeFileSync(join(folder, '08-strange.bin'), 'no log');
  writeFileSync(join(folder, 'lines.jsonl'), `${records(4000, 50_000).join('\n')}\n`);
  const { rules, correlations } = await loadRules([builtinRules]);
  writeFileSync(join(placesFolder, 'places.mmdb'), mmdbOf({ '198.51.100.0/24': { country_code: 'DE' } }));
  places = await readPlaceSources(
    { files: [join(placesFolder, 'places.mmdb')], builtin: true },
    expect.unreachable,
  );
  engine = createEngine(rules, correlations, undefined, undefined, locateIn(places, expect.unreachable));
});

afterAll(() => [folder, placesFolder].forEach((made) => rmSync(made, { recursive: true })));

async function run(more: Partial<ScanOptions>) {
  const alerts: string[] = [];
  const rejections: string[] = [];
  const progress: string[] = [];
  const { tally, filesRead, bytesRead, span, further, repeated } = await scan({
    files: await findFiles([folder]),
    engine,
    places,
    range: {},
    clock: () => Date.UTC(2026, 6),
    onAlert: ({ id, where, evidence: { provenance } }) => {
      alerts.push(`${id} ${provenance.object} ${provenance.position} ${where.place?.country}`);
    },
    onRejection: ({ provenance, reason }) => {
      rejections.push(`${provenance.object} ${provenance.position} ${reason}`);
    },
    onProgress: ({ path }, bytes) => {
      if (progress.at(-1) !== `${path} ${bytes}`) progress.push(`${path} ${bytes}`);
    },
    ...more,
  });
  return { alerts, rejections, tally, filesRead, bytesRead, span, further, repeated, last: progress.at(-1) };
}

describe('a scan gives the same alerts, rejections and sums in the same order', () => {
  it('on one thread and on several, with records passed over and without', async () => {
    const plain = await run({});
    expect(plain.alerts.length).toBeGreaterThanOrEqual(1601);
    expect(plain.rejections).toHaveLength(2);
    expect(plain.tally.records).toBe(12 * 1000 + 4000 + 12);
    expect(await run({ threads: 3 })).toEqual(plain);
    const passing = await run({ passesOver: true });
    expect(passing.tally.passedOver).toBeGreaterThan(10_000);
    expect({ ...passing, tally: undefined, span: undefined }).toEqual({
      ...plain,
      tally: undefined,
      span: undefined,
    });
    expect(await run({ threads: 3, passesOver: true })).toEqual(passing);
  });

  it('with a memory of assets, whose events come last in the order of their time', async () => {
    const plain = await run({ memory: createAssetMemory() });
    expect([...plain.alerts].sort()).toEqual([...(await run({})).alerts].sort());
    const passing = await run({ memory: createAssetMemory(), passesOver: true });
    expect(passing.alerts).toEqual(plain.alerts);
    expect(passing.tally.passedOver).toBeGreaterThan(10_000);
    const pooled = await run({ memory: createAssetMemory(), passesOver: true, threads: 3 });
    expect(pooled).toEqual(passing);
  });

  it('where only some alerts of a rule are raised, and all others are counted', async () => {
    const all = await run({ passesOver: true });
    const some = await run({ passesOver: true, alertsPerRule: 150 });
    const counted = some.further.reduce((sum, { matches }) => sum + matches, 0);
    expect(counted).toBeGreaterThan(1_000);
    expect(some.tally.alerts + counted).toBe(all.tally.alerts);
    expect(some.alerts).toHaveLength(150 - some.repeated);
    expect(some.alerts).toEqual(all.alerts.slice(0, some.alerts.length));
    expect(await run({ threads: 3, passesOver: true, alertsPerRule: 150 })).toEqual(some);
    expect((await run({ passesOver: true, alertsPerRule: Number.POSITIVE_INFINITY })).further).toEqual([]);
  });

  it('where it is left before the end', async () => {
    const stop = new Error('enough');
    const leave = { onAlert: () => Promise.reject(stop) };
    await expect(run({ threads: 2, ...leave })).rejects.toBe(stop);
    await expect(run({ ...leave })).rejects.toBe(stop);
  });
});

describe('a large file is cut', () => {
  it.each([
    ['with an object on each line', 'lines.jsonl'],
    ['that is a list of records', '01.json'],
  ])('%s, into parts that hold it all', async (_, name) => {
    const [file] = await findFiles([join(folder, name)]);
    if (file === undefined) throw new Error('the file is not there');
    const parts = await partsOf(file, 300_000);
    expect(parts.length).toBeGreaterThan(5);
    expect(parts[0]?.from).toBe(0);
    for (const [i, part] of parts.entries()) expect(part.to).toBe(parts[i + 1]?.from);
  });

  it.each([
    ['a packed file', '00.json.gz'],
    ['no log', '08-strange.bin'],
  ])('but not %s', async (_, name) => {
    const [file] = await findFiles([join(folder, name)]);
    if (file === undefined) throw new Error('the file is not there');
    expect(await partsOf(file, 1)).toEqual([{ file, from: 0, to: undefined }]);
  });
});

describe('a scan with a memory', () => {
  const record = (minute: number, action: string, request: object, region = 'us-east-1') =>
    JSON.stringify({
      eventVersion: '1.11',
      userIdentity: {
        type: 'IAMUser',
        userName: 'ana',
        arn: 'arn:aws:iam::111122223333:user/ana',
        accountId: '111122223333',
      },
      eventTime: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
      eventSource: 's3.amazonaws.com',
      eventName: action,
      awsRegion: region,
      requestParameters: request,
      eventID: `${minute} ${action}`,
      recipientAccountId: '111122223333',
    });
  const document = (Principal: string) => ({
    Statement: [{ Effect: 'Allow', Principal, Action: 's3:GetObject', Resource: 'arn:aws:s3:::vault/*' }],
  });
  const put = (minute: number, principal: string) =>
    record(minute, 'PutBucketPolicy', { bucketName: 'vault', bucketPolicy: document(principal) });
  let own: string;
  const diffs = async (more: Partial<ScanOptions>) => {
    const found: string[] = [];
    await run({
      files: await findFiles([own]),
      memory: createAssetMemory(),
      onAlert: ({ facts }) => void found.push(...facts.map(({ explanation }) => explanation)),
      ...more,
    });
    return found.filter((text) => text.includes('the policy of'));
  };

  beforeAll(() => {
    own = mkdtempSync(join(tmpdir(), 'tocsin-'));
    // The younger one is read first.
    writeFileSync(join(own, 'a.json'), `{"Records":[${put(9, '*')}]}`);
    writeFileSync(join(own, 'b.json'), `{"Records":[${put(1, '444455556666')}]}`);
  });
  afterAll(() => rmSync(own, { recursive: true }));

  it('tells what a policy was before, whichever file was read first', async () => {
    expect(await diffs({})).toContain('the policy of bucket `vault` changed: 1 added, 1 removed');
  });

  it('remembers what lies before the asked range, and raises nothing for it', async () => {
    const found = await diffs({ range: { since: Date.UTC(2026, 0, 1, 0, 5) } });
    expect(new Set(found)).toEqual(new Set(['the policy of bucket `vault` changed: 1 added, 1 removed']));
  });

  it('judges the ACL of an object by the switches that are remembered', async () => {
    const block = { PublicAccessBlockConfiguration: { IgnorePublicAcls: true } };
    const records = [
      record(2, 'PutObject', { bucketName: 'vault', key: 'a.pdf', 'x-amz-acl': 'public-read' }),
      record(1, 'PutBucketPublicAccessBlock', { bucketName: 'vault', ...block }),
    ];
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
    writeFileSync(join(folder, 'a.json'), `{"Records":[${records.join(',')}]}`);
    const rule = join(folder, 'rule.yml');
    writeFileSync(
      rule,
      `title: Object opened in vain
id: 5c0f1f0e-3f0f-4a57-8a2b-0d8f6a1f7c11
logsource: { product: aws, service: cloudtrail }
detection: { sel: { eventName: PutObject, tocsin.exposure.verdict: blocked }, condition: sel }
level: low
`,
    );
    const { rules, correlations } = await loadRules([rule]);
    const told: string[] = [];
    await run({
      files: await findFiles([join(folder, 'a.json')]),
      memory: createAssetMemory(),
      engine: createEngine(rules, correlations),
      onAlert: ({ facts }) => void told.push(...facts.map(({ explanation }) => explanation)),
    });
    rmSync(folder, { recursive: true });
    expect(told.join()).toContain('by what is remembered it has no effect, because IgnorePublicAcls');
  });

  it('says that it knows nothing of before where there is no memory', async () => {
    expect(await diffs({ memory: undefined })).toContain('the policy of bucket `vault` now says this');
  });
});
