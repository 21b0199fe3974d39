import { Subject, subjectView } from '../src/alert/finding.ts';
import { decodeValue } from '../src/decode/decode.ts';
import type { Event } from '../src/event/event.ts';
import type { Json, JsonObject } from '../src/event/json.ts';
import { createEngine } from '../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { compileRule } from '../src/sigma/compile.ts';
import { compileField, topKeysOf } from '../src/sigma/field.ts';
import { compileByLogSource } from '../src/sigma/log-source.ts';
import type { Rule } from '../src/sigma/rule.ts';
import { compileRules } from '../src/sigma/ruleset.ts';
import { recordMaker } from './archive.ts';
import { median } from './measure.ts';
import { randomFrom } from './random.ts';
import { loadPublished, matchesEveryCallOfRoles } from './published.ts';
import { makeWindowsEvents } from './windows-events.ts';

const distinctEvents = 2_000;
/** How often each subject goes through them in one round. */
const passes = 20;
/** So many are parsed at once, which is not measured, and then matched: few enough to be near the processor still. */
const parsedAtOnce = 50;

const wholeEvent = {
  field: compileField,
  whole: (event: JsonObject) => event,
  topKeys: topKeysOf,
};

/** Events a second through compiled rules alone: events that are parsed already, one at a time, on one core. */
export async function benchMatching(smoke: boolean): Promise<void> {
  const { rules: own } = await loadRules([builtinRules]);
  const published = loadPublished();
  benchCloudTrail(smoke, own, published);
  if (published === undefined)
    process.stdout.write(
      "\nmatching: Windows events are left out: there are no rules for them; name a copy of SigmaHQ's rules with --sigma-rules PATH\n",
    );
  else benchWindows(smoke, published);
  benchCompiling(smoke, own, published);
}

function benchCloudTrail(smoke: boolean, own: readonly Rule[], published: readonly Rule[] | undefined): void {
  const make = recordMaker(randomFrom(1));
  const records = Array.from({ length: smoke ? 500 : distinctEvents }, (_, i) => JSON.stringify(make(i)));
  const parse = (record: string) =>
    decodeValue(JSON.parse(record) as Json, { source: 'bench', object: 'made', receivedAt: 0 }).events;
  const engine = createEngine(own);
  const plain = engine.active.map((rule) => compileRule(rule, subjectView));
  const few = records.slice(0, Math.ceil(records.length / 50));
  const subjects: Subjects = {
    [`every one of ${plain.length} rules tried`]: matched(few, parse, (event: Event) =>
      tryAll(plain, new Subject(event)),
    ),
    [`set of ${engine.active.length} rules of its own`]: matched(
      records,
      parse,
      (event) => engine.find(event).length,
    ),
  };
  if (published !== undefined) {
    const quiet = published.filter(({ id }) => id !== matchesEveryCallOfRoles);
    const most = createEngine([...own, ...quiet]);
    subjects[`... and ${quiet.length} of SigmaHQ beside them`] = matched(
      records,
      parse,
      (event) => most.find(event).length,
    );
    const both = createEngine([...own, ...published]);
    subjects['... and the one that matches every call'] = matched(
      records,
      parse,
      (event) => both.find(event).length,
    );
  }
  printRates(`matching: ${records.length.toLocaleString('en')} CloudTrail events`, smoke, subjects);
}

function benchWindows(smoke: boolean, rules: readonly Rule[]): void {
  const events = makeWindowsEvents(smoke ? 500 : distinctEvents);
  const creations = events.filter(({ source }) => source.category === 'process_creation');
  const setOf = compileByLogSource(rules, wholeEvent);
  const whole = compileRules(rules, wholeEvent);
  const plain = rules.map((rule) => compileRule(rule, wholeEvent));
  const few = events.slice(0, Math.ceil(events.length / 500));
  const copy = ({ fields, source }: (typeof events)[number]) => [
    { fields: JSON.parse(JSON.stringify(fields)) as JsonObject, source },
  ];
  printRates(`matching: Windows events, ${rules.length} rules of SigmaHQ`, smoke, {
    'every rule tried': matched(few, copy, ({ fields }) => tryAll(plain, fields)),
    'all rules as one set': matched(events, copy, ({ fields }) => whole(fields).length),
    'sets by log source': matched(events, copy, ({ fields, source }) => setOf(source)(fields).length),
    '... process creation only': matched(
      creations,
      copy,
      ({ fields, source }) => setOf(source)(fields).length,
    ),
  });
}

function tryAll<E>(rules: readonly ((event: E) => boolean)[], event: E): number {
  let sum = 0;
  for (const matches of rules) if (matches(event)) sum++;
  return sum;
}

/** Each subject goes over so many events once, and tells how many findings it made and how many seconds that took. */
type Subjects = Record<string, { readonly events: number; readonly run: () => Pass }>;

interface Pass {
  readonly found: number;
  readonly seconds: number;
}

/** What comes is parsed anew each time, so that nothing is known of an event from the last time. */
function matched<R, E>(
  records: readonly R[],
  parse: (record: R) => readonly E[],
  match: (event: E) => number,
): Subjects[string] {
  const run = (): Pass => {
    let found = 0;
    let seconds = 0;
    for (let at = 0; at < records.length; at += parsedAtOnce) {
      const events = records.slice(at, at + parsedAtOnce).flatMap(parse);
      const started = processorSeconds();
      for (const event of events) found += match(event);
      seconds += processorSeconds() - started;
    }
    return { found, seconds };
  };
  return { events: records.length, run };
}

/** Processor time of all threads of this process: what else runs on the machine takes none of it. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** One line for each subject: events a second, how many times the first subject's rate that is, and findings by event. */
function printRates(title: string, smoke: boolean, subjects: Subjects): void {
  const times = smoke ? 1 : passes;
  const found = new Map<string, number>();
  const micros = new Map<string, number[]>();
  for (let round = smoke ? 0 : -1; round < (smoke ? 1 : 7); round++) {
    for (const [name, { events, run }] of Object.entries(subjects)) {
      let seconds = 0;
      for (let pass = 0; pass < times; pass++) {
        const result = run();
        seconds += result.seconds;
        found.set(name, result.found / events);
      }
      if (round >= 0) micros.set(name, [...(micros.get(name) ?? []), (1e6 * seconds) / events / times]);
    }
  }
  const sorted = [...micros].map(([name, each]) => ({ name, each: each.sort((a, b) => a - b) }));
  const slowest = median(sorted[0]?.each ?? []);
  const lines = sorted.map(({ name, each }) => {
    const rate = 1e6 / median(each);
    const ratio = slowest / median(each);
    const spread = `${each[0]?.toFixed(2)}-${each.at(-1)?.toFixed(2)} µs`;
    const findings = (found.get(name) ?? 0).toFixed(3);
    return `  ${name.padEnd(42)}${`${ratio.toFixed(ratio < 10 ? 1 : 0)} x`.padStart(8)}${`${Math.round(rate).toLocaleString('en')} events/s`.padStart(22)}   ${spread.padEnd(18)} ${findings} findings/event`;
  });
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}

/** What loading rules costs before the first event. */
function benchCompiling(smoke: boolean, own: readonly Rule[], published: readonly Rule[] | undefined): void {
  const lines = [own, ...(published === undefined ? [] : [published])].map((rules) => {
    const times: number[] = [];
    const sets: unknown[] = [];
    const before = memory();
    for (let round = 0; round < (smoke ? 1 : 5); round++) {
      const started = performance.now();
      sets.push(compileRules(rules, wholeEvent));
      times.push(performance.now() - started);
    }
    const grown = (memory() - before) / sets.length;
    times.sort((a, b) => a - b);
    return `  ${`${rules.length} rules`.padEnd(42)}${`${median(times).toFixed(1)} ms`.padStart(12)}${`${(grown / 1e6).toFixed(1)} MB`.padStart(12)}`;
  });
  process.stdout.write(`\nmatching: making a set of rules\n${lines.join('\n')}\n`);
}

/** Bytes in use; without `--expose-gc` they include some that are free already. */
function memory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
