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
import { measure, median } from './measure.ts';
import { randomFrom } from './random.ts';
import { loadPublished, matchesEveryCallOfRoles } from './published.ts';
import { makeWindowsEvents } from './windows-events.ts';

/**
 * Few enough to stay near the processor, as an event does that was parsed a moment ago; with many more, what is measured is the memory.
 */
const distinctEvents = 2_000;
/** How often each subject goes through them in one round. */
const passes = 20;

const wholeEvent = {
  field: compileField,
  whole: (event: JsonObject) => event,
  topKeys: topKeysOf,
};

/** Events a second through compiled rules alone: events that are parsed already, one at a time, on one core. */
export async function benchMatching(smoke: boolean): Promise<void> {
  const { rules: own } = await loadRules([builtinRules]);
  const published = loadPublished();
  await benchCloudTrail(smoke, own, published);
  if (published === undefined)
    process.stdout.write(
      "\nmatching: Windows events are left out: there are no rules for them; name a copy of SigmaHQ's rules with --sigma-rules PATH\n",
    );
  else await benchWindows(smoke, published);
  benchCompiling(smoke, own, published);
}

async function benchCloudTrail(
  smoke: boolean,
  own: readonly Rule[],
  published: readonly Rule[] | undefined,
): Promise<void> {
  const make = recordMaker(randomFrom(1));
  const events = Array.from({ length: smoke ? 500 : distinctEvents }, (_, i) => {
    const record = JSON.parse(JSON.stringify(make(i))) as Json;
    return decodeValue(record, { source: 'bench', object: 'made', receivedAt: 0 }).events;
  }).flat();
  const engine = createEngine(own);
  const plain = engine.active.map((rule) => compileRule(rule, subjectView));
  const few = events.slice(0, Math.ceil(events.length / 50));
  const subjects: Subjects = {
    [`every one of ${plain.length} rules tried`]: {
      events: few.length,
      run: () => few.reduce((sum, event) => sum + tryAll(plain, new Subject(event)), 0),
    },
    [`set of ${engine.active.length} rules of its own`]: {
      events: events.length,
      run: () => countFindings(engine.find, events),
    },
  };
  if (published !== undefined) {
    const quiet = published.filter(({ id }) => id !== matchesEveryCallOfRoles);
    const most = createEngine([...own, ...quiet]);
    subjects[`... and ${quiet.length} of SigmaHQ beside them`] = {
      events: events.length,
      run: () => countFindings(most.find, events),
    };
    const both = createEngine([...own, ...published]);
    subjects['... and the one that matches every call'] = {
      events: events.length,
      run: () => countFindings(both.find, events),
    };
  }
  await printRates(`matching: ${events.length.toLocaleString('en')} CloudTrail events`, smoke, subjects);
}

function countFindings(find: (event: Event) => readonly unknown[], events: readonly Event[]): number {
  let sum = 0;
  for (const event of events) sum += find(event).length;
  return sum;
}

async function benchWindows(smoke: boolean, rules: readonly Rule[]): Promise<void> {
  const events = makeWindowsEvents(smoke ? 500 : distinctEvents);
  const creations = events.filter(({ source }) => source.category === 'process_creation');
  const setOf = compileByLogSource(rules, wholeEvent);
  const whole = compileRules(rules, wholeEvent);
  const plain = rules.map((rule) => compileRule(rule, wholeEvent));
  const few = events.slice(0, Math.ceil(events.length / 500));
  await printRates(`matching: Windows events, ${rules.length} rules of SigmaHQ`, smoke, {
    'every rule tried': {
      events: few.length,
      run: () => few.reduce((sum, { fields }) => sum + tryAll(plain, fields), 0),
    },
    'all rules as one set': {
      events: events.length,
      run: () => events.reduce((sum, { fields }) => sum + whole(fields).length, 0),
    },
    'sets by log source': {
      events: events.length,
      run: () => events.reduce((sum, { fields, source }) => sum + setOf(source)(fields).length, 0),
    },
    '... process creation only': {
      events: creations.length,
      run: () => creations.reduce((sum, { fields, source }) => sum + setOf(source)(fields).length, 0),
    },
  });
}

function tryAll<E>(rules: readonly ((event: E) => boolean)[], event: E): number {
  let sum = 0;
  for (const matches of rules) if (matches(event)) sum++;
  return sum;
}

/** Each subject runs over so many events, and tells how many findings it made. */
type Subjects = Record<string, { readonly events: number; readonly run: () => number }>;

/** One line for each subject: events a second, how many times the first subject's rate that is, and findings by event. */
async function printRates(title: string, smoke: boolean, subjects: Subjects): Promise<void> {
  const found = new Map<string, number>();
  const times = smoke ? 1 : passes;
  const results = await measure(
    smoke ? 1 : 7,
    Object.fromEntries(
      Object.entries(subjects).map(([name, { run }]) => [
        name,
        () => {
          for (let pass = 0; pass < times; pass++) found.set(name, run());
        },
      ]),
    ),
  );
  const rates = results.map(({ name, seconds }) => ((subjects[name]?.events ?? 0) * times) / median(seconds));
  const lines = results.map(({ name, seconds }, i) => {
    const { events } = subjects[name] ?? { events: 0 };
    const rate = rates[i] ?? 0;
    const ratio = rate / (rates[0] ?? 1);
    const micros = (of: number | undefined) => ((1e6 * (of ?? 0)) / events / times).toFixed(2);
    const spread = `${micros(seconds[0])}-${micros(seconds.at(-1))} µs`;
    const findings = ((found.get(name) ?? 0) / events).toFixed(3);
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
