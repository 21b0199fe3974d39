import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Subject, subjectView } from '../src/alert/finding.ts';
import { decodeValue } from '../src/decode/decode.ts';
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
  benchCloudTrail(smoke, published !== undefined);
  if (published === undefined)
    process.stdout.write(
      "\nmatching: Windows events are left out: there are no rules for them; name a copy of SigmaHQ's rules with --sigma-rules PATH\n",
    );
  else benchWindows(smoke, published);
  benchCompiling(smoke, own, published);
}

/** Sets of rules for CloudTrail, the first of them tried one rule after the other. */
export type CloudTrailSubject = 'tried' | 'own' | 'published' | 'all';

/** Each in a process of its own, as a server has one set: what is compiled for several of them runs slower in all. */
function benchCloudTrail(smoke: boolean, published: boolean): void {
  const names: readonly CloudTrailSubject[] = published
    ? ['tried', 'own', 'published', 'all']
    : ['tried', 'own'];
  const rounds = new Map<string, Round[]>();
  for (let turn = 0; turn < (smoke ? 1 : turns); turn++) {
    for (const name of names) {
      const { title, measured } = inOwnProcess(name, smoke);
      rounds.set(title, [...(rounds.get(title) ?? []), ...measured]);
    }
  }
  printRates('matching: CloudTrail events', rounds);
}

/** How often each process is started. */
const turns = 2;

interface SubjectResult {
  readonly title: string;
  readonly measured: readonly Round[];
}

function inOwnProcess(name: CloudTrailSubject, smoke: boolean): SubjectResult {
  const program = join(import.meta.dirname, 'matching-subject.ts');
  const args = [program, name, smoke ? 'smoke' : 'all', ...process.argv.slice(2)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout) as SubjectResult;
}

/** What a process of `inOwnProcess` does. */
export async function measureCloudTrail(name: CloudTrailSubject, smoke: boolean): Promise<SubjectResult> {
  const { rules: own } = await loadRules([builtinRules]);
  const published = name === 'published' || name === 'all' ? (loadPublished() ?? []) : [];
  const beside = name === 'all' ? published : published.filter(({ id }) => id !== matchesEveryCallOfRoles);
  const make = recordMaker(randomFrom(1));
  const records = Array.from({ length: smoke ? 500 : distinctEvents }, (_, i) => JSON.stringify(make(i)));
  const parse = (record: string) =>
    decodeValue(JSON.parse(record) as Json, { source: 'bench', object: 'made', receivedAt: 0 }).events;
  const engine = createEngine([...own, ...beside]);
  if (name === 'tried') {
    const plain = engine.active.map((rule) => compileRule(rule, subjectView));
    const few = records.slice(0, Math.ceil(records.length / 50));
    const subject = matched(few, parse, (event) => tryAll(plain, new Subject(event)));
    return { title: `every one of ${plain.length} rules tried`, measured: roundsOf(subject, smoke) };
  }
  const titles = {
    own: `set of ${engine.active.length} rules of its own`,
    published: `... and ${beside.length} of SigmaHQ beside them`,
    all: '... and the one that matches every call',
  };
  const subject = matched(records, parse, (event) => engine.find(event).length);
  return { title: titles[name], measured: roundsOf(subject, smoke) };
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
  const subjects = {
    'every rule tried': matched(few, copy, ({ fields }) => tryAll(plain, fields)),
    'all rules as one set': matched(events, copy, ({ fields }) => whole(fields).length),
    'sets by log source': matched(events, copy, ({ fields, source }) => setOf(source)(fields).length),
    '... process creation only': matched(
      creations,
      copy,
      ({ fields, source }) => setOf(source)(fields).length,
    ),
  };
  const rounds = new Map(
    Object.entries(subjects).map(([name, subject]) => [name, roundsOf(subject, smoke)] as const),
  );
  printRates(`matching: Windows events, ${rules.length} rules of SigmaHQ`, rounds);
}

function tryAll<E>(rules: readonly ((event: E) => boolean)[], event: E): number {
  let sum = 0;
  for (const matches of rules) if (matches(event)) sum++;
  return sum;
}

/** Goes over so many events once, and tells how many findings that made and how many seconds it took. */
interface MatchingSubject {
  readonly events: number;
  readonly run: () => { readonly found: number; readonly seconds: number };
}

/** What comes is parsed anew each time, so that nothing is known of an event from the last time. */
function matched<R, E>(
  records: readonly R[],
  parse: (record: R) => readonly E[],
  match: (event: E) => number,
): MatchingSubject {
  const run = () => {
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

/** Node 22 tells it of the whole process only. */
const tellsOfThreads: boolean = 'threadCpuUsage' in process;

/** Processor time of this thread: neither what else runs on the machine counts, nor threads that clear up behind the parsing. */
function processorSeconds(): number {
  const { user, system } = tellsOfThreads ? process.threadCpuUsage() : process.cpuUsage();
  return (user + system) / 1e6;
}

/** Of each event on average. */
interface Round {
  readonly micros: number;
  readonly findings: number;
}

/** After one round to warm up. */
function roundsOf({ events, run }: MatchingSubject, smoke: boolean): readonly Round[] {
  const times = smoke ? 1 : passes;
  const rounds: Round[] = [];
  for (let round = smoke ? 0 : -1; round < (smoke ? 1 : 5); round++) {
    let seconds = 0;
    let findings = 0;
    for (let pass = 0; pass < times; pass++) {
      const result = run();
      seconds += result.seconds;
      findings = result.found / events;
    }
    if (round >= 0) rounds.push({ micros: (1e6 * seconds) / events / times, findings });
  }
  return rounds;
}

/** One line for each subject: events a second, how many times the first subject's rate that is, and findings by event. */
function printRates(title: string, rounds: ReadonlyMap<string, readonly Round[]>): void {
  const sorted = [...rounds].map(([name, measured]) => ({
    name,
    findings: measured[0]?.findings ?? 0,
    each: measured.map(({ micros }) => micros).sort((a, b) => a - b),
  }));
  const slowest = median(sorted[0]?.each ?? []);
  const lines = sorted.map(({ name, findings, each }) => {
    const rate = 1e6 / median(each);
    const ratio = slowest / median(each);
    const spread = `${each[0]?.toFixed(2)}-${each.at(-1)?.toFixed(2)} µs`;
    return `  ${name.padEnd(42)}${`${ratio.toFixed(ratio < 10 ? 1 : 0)} x`.padStart(8)}${`${Math.round(rate).toLocaleString('en')} events/s`.padStart(22)}   ${spread.padEnd(18)} ${findings.toFixed(3)} findings/event`;
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
