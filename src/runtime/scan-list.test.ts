import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { partsOf, type FilePart } from '../source/file-parts.ts';
import type { InputFile } from '../source/files.ts';
import { createEngine } from './engine.ts';
import { newTally } from './pipeline.ts';
import { addTally, readPart, type ReadOptions, type Step } from './scan-part.ts';
import { createDropping, pooledSteps, type PartStep } from './scan-pool.ts';
import { prefilterOf } from './wanted.ts';

const { rules } = parseRules(
  `title: T
id: 6f3a3b0e-7f0d-4c0e-9a56-0d3f1a2b4c5d
logsource: { product: aws, service: cloudtrail }
detection: { a: { eventName: StopLogging }, condition: a }
level: low
`,
  'r.yml',
);
const engine = createEngine(rules);
const setup = {
  parts: engine.parts,
  places: undefined,
  range: {},
  holds: false,
  passesOver: true,
  alertsPerRule: Number.POSITIVE_INFINITY,
  memory: { tight: Number.POSITIVE_INFINITY, over: Number.POSITIVE_INFINITY },
};
const own: ReadOptions = {
  engine,
  range: {},
  holds: false,
  prefilter: () => prefilterOf(engine, false),
  clock: () => 0,
  alertsPerRule: Number.POSITIVE_INFINITY,
  reached: () => new Set(),
};

/** Lists of the property; a night has more of them, as of pairs of rule and event. */
const runs = Math.ceil(Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 500);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-list-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string): InputFile {
  const path = join(folder, 'list.json');
  writeFileSync(path, content);
  return { path, size: Buffer.byteLength(content), stdin: false };
}

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All that is told of a file, whichever way it was read. */
interface Told {
  readonly alerts: readonly string[];
  readonly rejections: readonly string[];
  readonly records: number;
  readonly skipped: number;
  /** What is read with care is not passed over; damage may be the reason to, and the next part begins anew. */
  readonly eventsOrPassedOver: number;
}

function tell(steps: readonly Step[]): Told {
  const tally = newTally();
  for (const step of steps) addTally(tally, step.tally);
  return {
    alerts: steps.flatMap((step) =>
      step.alerts.map(({ id, evidence: { provenance } }) => `${id} ${provenance.position}`),
    ),
    rejections: steps.flatMap((step) =>
      step.rejections.map(({ provenance, length, reason }) => `${provenance.position} ${length} ${reason}`),
    ),
    records: tally.records,
    skipped: tally.skipped,
    eventsOrPassedOver: tally.events + tally.passedOver,
  };
}

async function inOnePiece(file: InputFile, options: ReadOptions): Promise<Told> {
  return tell(await collected(readPart({ file, from: 0, to: undefined }, options)));
}

/** As a scan with one thread does, besides telling which parts counted. */
async function inParts(parts: readonly FilePart[], options: ReadOptions) {
  const dropping = createDropping();
  const steps: Step[] = [];
  let counted = 0;
  for (const part of parts) {
    if (dropping.includes(part)) continue;
    counted++;
    let end: number | undefined;
    for await (const step of readPart(part, options, (border) => (end = border))) steps.push(step);
    dropping.ended(part, end);
  }
  return { told: tell(steps), counted };
}

async function onThreads(
  parts: readonly FilePart[],
  options: ReadOptions,
  isOver: () => boolean = () => false,
  pause = 0,
): Promise<Told> {
  const steps: PartStep[] = [];
  for await (const step of pooledSteps(parts, 3, setup, options, isOver)) {
    steps.push(step);
    if (pause > 0) await setTimeout(pause);
  }
  expect(steps.filter(({ step }) => step === undefined)).toHaveLength(parts.length);
  return tell(steps.flatMap(({ step }) => step ?? []));
}

let next = 0;
function record(more: object = {}): object {
  next++;
  return {
    eventVersion: '1.11',
    eventTime: '2026-11-20T10:00:00Z',
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: next % 3 === 0 ? 'StopLogging' : 'DescribeTrails',
    eventID: `e-${next}`,
    ...more,
  };
}
const alike = (count: number) => Array.from({ length: count }, () => record());
const json = (value: unknown, pretty: boolean) => JSON.stringify(value, null, pretty ? 1 : 0);

/** What may stand in a list: records, and what was made to look as if records ended and began in it. */
const members: fc.Arbitrary<string> = fc.tuple(fc.nat({ max: 9 }), fc.boolean()).chain(([size, pretty]) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.constant(null).map(() => json(record({ pad: 'x'.repeat(size * 20) }), pretty)),
    },
    fc.constant(null).map(() => json(record({ requestParameters: { items: alike(size) } }), pretty)),
    fc.constant(null).map(() => json(record({ quoted: json(alike(size), pretty) }), pretty)),
    fc.constant(null).map(() => json(record({ quoted: json(json(alike(size), false), false) }), pretty)),
    fc.constant(null).map(() => json(record({ Records: alike(size) }), pretty)),
    fc.constant(null).map(() => json(alike(size), pretty)),
    // Broken: a quote too few, brackets too many or too few, a text that is not closed.
    fc.nat({ max: 300 }).map((at) => json(record({ items: alike(size) }), pretty).slice(0, at)),
    fc.nat({ max: 300 }).map((at) => {
      const text = json(record({ quoted: json(alike(size), pretty) }), pretty);
      return text.slice(0, at) + text.slice(at + 1);
    }),
    fc.constantFrom(
      '"',
      '}',
      ']',
      '{"eventVersion":"1"},{"eventVersion":',
      '\\',
      '1',
      'null',
      '{"x":[',
      ']}{"Records":[',
    ),
  ),
);
const lists = fc
  .record({
    members: fc.array(members, { minLength: 12, maxLength: 40 }),
    begin: fc.constantFrom('{"Records":[', '[', '{ "Records" : [ ', '\ufeff{"Records":['),
    between: fc.constantFrom(',', ', ', ',\n'),
    end: fc.oneof(
      fc.constantFrom(']}', ']', '', ']}\n'),
      fc.constant(null).map(() => `],"more":${JSON.stringify(alike(9))}}`),
      fc.constant(null).map(() => `]}{"Records":${JSON.stringify(alike(9))}}`),
    ),
  })
  .map(
    ({ members, begin, between, end }) =>
      `${begin}${JSON.stringify(record())}${between}${members.join(between)}${end}`,
  );

/** The bracket that ends the list closes a record, where brackets of both kinds are counted as one. */
function colonMissing(): string {
  const begun = JSON.stringify(record()).replace(/"eventID":.*/, '"eventID",');
  const members = [...alike(8).map((one) => JSON.stringify(one)), begun + JSON.stringify(record())];
  return `{"Records":[${members.join(',')}]}{"Records":${JSON.stringify(alike(9))}}`;
}

describe('a list of records that is read in parts gives the same as in one piece', () => {
  it(
    'whatever stands in it',
    async () => {
      let parts = 0;
      let proven = 0;
      let noticed = 0;
      await fc.assert(
        fc.asyncProperty(lists, fc.constantFrom(300, 700, 1500), async (content, size) => {
          const file = fileOf(content);
          const careful = { ...own, prefilter: () => undefined };
          const cut = await partsOf(file, size);
          const whole = await inOnePiece(file, careful);
          const { told, counted } = await inParts(cut, careful);
          expect(told).toEqual(whole);
          // What is wrong inside a record that is passed over is not noticed, and its brackets may then close others: no alert is missed
          // for it, but what is said of where it stands may be said of all that is behind the damage.
          const skimmed = (await inParts(cut, own)).told;
          const noticesAll = JSON.stringify(skimmed.rejections) === JSON.stringify(whole.rejections);
          const namesOf = ({ alerts }: Told): readonly string[] =>
            noticesAll ? alerts : alerts.map((alert) => alert.slice(0, alert.indexOf(' ')));
          const found = new Set(namesOf(skimmed));
          expect(namesOf(whole).filter((alert) => !found.has(alert))).toEqual([]);
          noticed += Number(noticesAll);
          parts += cut.length;
          proven += counted;
        }),
        { numRuns: runs, examples: [[colonMissing(), 300]] },
      );
      expect(noticed).toBeGreaterThan(runs / 2);
      // Borders that hold and borders that do not are both common.
      expect(parts).toBeGreaterThan(runs * 3);
      expect(proven / parts).toBeGreaterThan(0.05);
      expect(proven / parts).toBeLessThan(0.9);
    },
    60_000 + runs * 500,
  );

  it.each<[what: string, content: () => string, most: number]>([
    ['one record after the other', () => JSON.stringify({ Records: alike(60) }), 20],
    ['all of it inside one record', () => JSON.stringify({ Records: [record({ items: alike(60) })] }), 1],
    ['the list closed before', () => JSON.stringify({ Records: alike(3), more: alike(60) }), 1],
    [
      'a text that is never closed',
      () => `{"Records":[${JSON.stringify(record())},{"x":"${JSON.stringify(alike(60)).slice(1)}}`,
      20,
    ],
  ])('%s, on several threads', async (_, content, most) => {
    const file = fileOf(content());
    const parts = await partsOf(file, 900);
    expect(parts.length).toBeGreaterThan(5);
    const whole = await inOnePiece(file, own);
    const one = await inParts(parts, own);
    expect(one.told).toEqual(whole);
    expect(one.counted).toBeLessThanOrEqual(most);
    expect(await onThreads(parts, own)).toEqual(whole);
  });

  it.each([[[1]], [[20]], [[30, 31]], [[50, 60]]])(
    'is read whole where threads must end when that is asked for the time %j',
    async (times) => {
      const file = fileOf(JSON.stringify({ Records: alike(300) }));
      const parts = await partsOf(file, 900);
      let asked = 0;
      // Slowly, so that the other threads have started by then, and read ahead.
      const isOver = () => times.includes(++asked);
      expect(await onThreads(parts, own, isOver, 20)).toEqual(await inOnePiece(file, own));
      expect(asked).toBeGreaterThan(60);
    },
  );
});
