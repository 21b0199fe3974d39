import { describe, expect, it } from 'vitest';
import { parseRules } from '../parse.ts';
import { formatProblem } from '../problem.ts';
import { correlatorDefaults, createCorrelator, type CorrelatorOptions } from './correlator.ts';
import type { CorrelationFinding } from './finding.ts';
import { linkCorrelations } from './link.ts';
import type { FieldValues, Match } from './match.ts';
import type { StateRow } from './state.ts';

const second = 1_000;
const minute = 60 * second;

const rules = (names: readonly string[]) =>
  names
    .map(
      (name) =>
        `---\ntitle: ${name}\nname: ${name}\nid: ${name}\nlogsource: {}\ndetection: { x: { y: z }, condition: x }\n`,
    )
    .join('');

function linked(correlations: string, names: readonly string[] = ['a', 'b', 'c']) {
  const parsed = parseRules(`${correlations}\n${rules(names)}`, 'c.yml');
  const result = linkCorrelations(parsed.rules, parsed.correlations);
  return { ...result, problems: [...parsed.problems, ...result.problems].map(formatProblem) };
}

function correlation(own: string, id = 'one'): string {
  return `title: ${id}\nid: ${id}\nname: ${id}\ncorrelation:\n  timespan: 10m\n  ${own.replaceAll('\n', '\n  ')}\n`;
}

let number = 0;
function match(time: number, fields: FieldValues = {}, rule = 'a'): Match {
  number++;
  return { time, id: `e${number}`, rules: [rule], fields, evidence: `event ${number}` };
}

function started(own: string, options: Partial<CorrelatorOptions> = {}, kept: readonly StateRow[] = []) {
  const { correlations, problems } = linked(own);
  expect(problems).toEqual([]);
  return createCorrelator(correlations, { ...correlatorDefaults, lateness: 0, ...options }, kept);
}

function found(own: string, matches: readonly Match[], wait = 0): readonly CorrelationFinding[] {
  const correlator = started(own, { lateness: Number.POSITIVE_INFINITY });
  const last = Math.max(...matches.map(({ time }) => time));
  return [...correlator.take(matches, last + wait), ...correlator.flush()];
}

const at = (...times: readonly number[]) => times.map((time) => match(time));
const three = correlation('type: event_count\nrules: [a]\ncondition: { gte: 3 }');

describe('a count that must be reached', () => {
  it('is told once, when it is reached, and not with every event after it', () => {
    const findings = found(three, at(0, 1, 2, 3, 4, 5));
    expect(findings).toMatchObject([{ time: 2, value: 3, total: 3, start: 0, end: 2 }]);
  });

  it('takes events that are exactly the time span apart together, and no more', () => {
    expect(found(three, at(0, 1, 10 * minute))).toHaveLength(1);
    expect(found(three, at(0, 1, 10 * minute + 1))).toHaveLength(0);
  });

  it('is told again after it was no longer reached', () => {
    expect(
      found(three, at(0, 1, 2, 20 * minute, 20 * minute, 20 * minute + 1)).map(({ time }) => time),
    ).toEqual([2, 20 * minute + 1]);
  });

  it('is told once where it is lost and reached again within the time span', () => {
    const own = correlation('type: value_avg\nrules: [a]\ncondition: { field: n, gt: 5 }');
    const numbers = [10, 0, 10, 10, 0, 0, 0, 30, 0];
    expect(
      found(
        own,
        numbers.map((n, i) => match(i * minute, { n: [n] })),
      ),
    ).toHaveLength(1);
  });

  it('is told once as long as each event finds it reached, however long that goes on', () => {
    expect(
      found(
        three,
        Array.from({ length: 500 }, (_, i) => match(i * minute)),
      ),
    ).toHaveLength(1);
  });

  it('is counted for each group by itself, and not where a field to group by is missing', () => {
    const own = correlation('type: event_count\nrules: [a]\ngroup-by: [u, v]\ncondition: { gte: 2 }');
    const both = { u: ['x'], v: ['y'] };
    const findings = found(own, [
      match(0, both),
      match(1, { u: ['x'] }),
      match(2, { u: ['x'] }),
      match(3, both),
    ]);
    expect(findings).toMatchObject([
      {
        group: [
          { field: 'u', value: 'x' },
          { field: 'v', value: 'y' },
        ],
        total: 2,
      },
    ]);
  });

  it('knows no group by an inherited name, and no field either', () => {
    const own = correlation('type: event_count\nrules: [a]\ngroup-by: [constructor]\ncondition: { gte: 2 }');
    expect(found(own, at(0, 1, 2))).toEqual([]);
    const hostile = Object.fromEntries([['constructor', ['__proto__']]]);
    expect(found(own, [match(0, hostile), match(1, hostile)])).toMatchObject([
      { group: [{ field: 'constructor', value: '__proto__' }] },
    ]);
  });
});

describe('a count that more events can make wrong', () => {
  const few = correlation('type: event_count\nrules: [a]\ncondition: { lte: 2 }');

  it('is judged when the time span after the first event is over', () => {
    expect(found(few, at(0, 1), 10 * minute)).toMatchObject([{ time: 10 * minute, value: 2, start: 0 }]);
    expect(found(few, at(0, 1), 10 * minute - 2)).toEqual([]);
    expect(found(few, at(0, 1, 2), 20 * minute)).toEqual([]);
  });

  it('begins a new window with the first event after the last one', () => {
    const findings = found(few, at(0, 10 * minute, 11 * minute), 30 * minute);
    expect(findings.map(({ start, total }) => [start, total])).toEqual([
      [0, 2],
      [11 * minute, 1],
    ]);
  });
});

describe('rules one after the other', () => {
  const ordered = correlation('type: temporal_ordered\nrules: [a, b]');

  it('count in their order, and in any order within the same instant', () => {
    expect(found(ordered, [match(0, {}, 'a'), match(1, {}, 'b')])).toHaveLength(1);
    expect(found(ordered, [match(0, {}, 'b'), match(1, {}, 'a')])).toHaveLength(0);
    expect(found(ordered, [match(0, {}, 'b'), match(0, {}, 'a')])).toHaveLength(1);
  });

  it('can exclude a third, which is known when the time span is over', () => {
    const own = correlation('type: temporal_ordered\ncondition: a and b and not c');
    const two = [match(0, {}, 'a'), match(1, {}, 'b')];
    expect(found(own, two, 10 * minute)).toMatchObject([{ time: 10 * minute }]);
    expect(found(own, [...two, match(2, {}, 'c')], 10 * minute)).toEqual([]);
  });
});

describe('a correlation of correlations', () => {
  const chain = `${correlation('type: temporal_ordered\nrules: [many, b]\ngroup-by: [user]', 'top')}---\n${correlation(
    'type: event_count\nrules: [a]\ngroup-by: [host]\ncondition: { gte: 2 }',
    'many',
  )}`;

  it('groups by fields of its own, which it takes from the last event of the other', () => {
    const one = { host: ['h'], user: ['u'] };
    const findings = found(chain, [match(0, one), match(1, one), match(2, { user: ['u'] }, 'b')]);
    expect(findings.map((finding) => finding.correlation.id)).toEqual(['many', 'top']);
    expect(findings[1]).toMatchObject({ total: 3, group: [{ field: 'user', value: 'u' }] });
    expect(findings[1]?.events.map(({ time }) => time)).toEqual([0, 1, 2]);
  });

  it('keeps what it is made of silent', () => {
    expect([...linked(chain).silent].sort()).toEqual(['a', 'b', 'many']);
    const generating = chain.replace('correlation:\n', 'correlation:\n  generate: true\n');
    expect([...linked(generating).silent].sort()).toEqual(['a']);
  });
});

describe('references', () => {
  const to = (...names: readonly string[]) => `type: temporal\nrules: [${names.join(', ')}]`;
  it.each([
    ['name nothing', correlation(to('a', 'x')), "c.yml:7:14: no rule has the id or name 'x'"],
    [
      'lead in a circle',
      `${correlation(to('two'), 'one')}---\n${correlation(to('one'), 'two')}`,
      "circle: 'one' → 'two' → 'one'",
    ],
    ['lead to itself', correlation(to('one')), "circle: 'one' → 'one'"],
    [
      'lead to one that is left out',
      `${correlation(to('two'), 'one')}---\n${correlation(to('x'), 'two')}`,
      "refers to 'two' in c.yml, which was left out",
    ],
  ])('that %s keep a correlation out', (_, own, reason) => {
    const { correlations, problems } = linked(own);
    expect(correlations).toEqual([]);
    expect(problems.join('\n')).toContain(reason);
  });

  it('to a name that two rules have keep a correlation out', () => {
    const parsed = parseRules(
      `${correlation(to('a'))}\n${rules(['a', 'a']).replace('id: a', 'id: other')}`,
      'c.yml',
    );
    const { problems } = linkCorrelations(parsed.rules, parsed.correlations);
    // One of them has it as its id, which goes before names.
    expect(problems).toEqual([]);
    const apart = linkCorrelations(
      parsed.rules.map((rule, i) => ({ ...rule, id: `id ${i}` })),
      parsed.correlations,
    );
    expect(apart.problems.map(formatProblem)).toEqual([
      expect.stringContaining("'a' is the name of several rules: c.yml (id 0), c.yml (id 1); use an id"),
    ]);
  });
});

describe('time', () => {
  it('passes by the events, and nothing is told before the lateness is over', () => {
    const correlator = started(three, { lateness: minute });
    expect(correlator.take(at(0, 1, 2), 2)).toEqual([]);
    expect(correlator.take([], minute + 2)).toEqual([]);
    expect(correlator.take([], minute + 3)).toHaveLength(1);
  });

  it('leaves out and counts what is later than that, and what is from the future', () => {
    const correlator = started(three, { lateness: minute });
    correlator.take(at(10 * minute), 10 * minute);
    correlator.take(at(9 * minute, 9 * minute - 1), 10 * minute);
    correlator.take(at(100 * minute), 10 * minute, 11 * minute);
    expect(correlator.counters()).toMatchObject({ late: 1, future: 1 });
    expect(correlator.clock()).toBe(10 * minute);
  });

  it('is made to pass where too many wait', () => {
    const correlator = started(three, { lateness: minute, pending: 2 });
    expect(correlator.take(at(0, 1, 2, 3, 4), 4)).toHaveLength(1);
    expect(correlator.counters().early).toBe(3);
  });
});

describe('memory', () => {
  const grouped = correlation('type: event_count\nrules: [a]\ngroup-by: [u]\ncondition: { gte: 2 }');
  const limits = { ...correlatorDefaults.limits, groups: 10 };

  it('holds so many groups, and lets go of those that were not touched for longest', () => {
    const correlator = started(grouped, { limits });
    const many = Array.from({ length: 1_000 }, (_, i) => match(i, { u: [i] }));
    correlator.take(many, 1_000);
    expect(correlator.counters()).toMatchObject({ evictedGroups: 990, evictedEntries: 990 });
    const again = [match(2_000, { u: [5] }), match(2_000, { u: [998] })];
    expect(correlator.take(again, 2_001)).toMatchObject([{ group: [{ value: '998' }] }]);
  });

  it('holds so many entries of a group and of all, but never fewer than a condition asks for', () => {
    const correlator = started(three.replace('gte: 3', 'gte: 50'), {
      limits: { ...limits, entriesOfGroup: 5, entries: 5 },
    });
    expect(
      correlator.take(
        Array.from({ length: 49 }, (_, i) => match(i)),
        100,
      ),
    ).toEqual([]);
    expect(correlator.take(at(101), 102)).toMatchObject([{ value: 50 }]);
  });

  it('remembers so many values', () => {
    const own = correlation('type: tocsin_new_value\nrules: [a]\ncondition: { field: f }');
    const correlator = started(own, { limits: { ...limits, entriesOfGroup: 3 } });
    const value = (time: number, f: string) => match(time, { f: [f] });
    correlator.take([value(0, 'a'), value(1, 'b'), value(2, 'c'), value(3, 'd')], 4);
    expect(correlator.counters().evictedEntries).toBe(1);
    expect(correlator.take([value(5, 'd'), value(6, 'a')], 7).map(({ notes }) => notes)).toEqual([['a']]);
  });

  it('lists so many events in a finding, the newest, and counts all', () => {
    const correlator = started(three.replace('gte: 3', 'gte: 500'), { events: 100 });
    const [finding] = correlator.take(
      Array.from({ length: 500 }, (_, i) => match(i)),
      1_000,
    );
    expect(finding).toMatchObject({ total: 500, value: 500, start: 0 });
    expect(finding?.events).toHaveLength(100);
    expect(finding?.events.at(-1)?.time).toBe(499);
  });
});

describe('state', () => {
  function kept(rows: Map<string, StateRow>, correlator: ReturnType<typeof started>): void {
    for (const { key, value } of correlator.changes())
      if (value === undefined) rows.delete(key);
      else rows.set(key, { key, value });
  }

  it('goes on after a restart', () => {
    const rows = new Map<string, StateRow>();
    const first = started(three, { keepsState: true });
    first.take(at(0, 1), 5);
    kept(rows, first);
    const second_ = started(three, { keepsState: true }, [...rows.values()]);
    expect(second_.take(at(6), 7)).toMatchObject([{ value: 3, total: 3 }]);
    kept(rows, second_);
    expect(started(three, {}, [...rows.values()]).take(at(8), 9)).toEqual([]);
  });

  it('goes on where all that is known of it stood in one row', () => {
    const rows = new Map<string, StateRow>();
    const first = started(three, { keepsState: true });
    first.take(at(0, 1), 5);
    kept(rows, first);
    const [meta, hashes] = [rows.get('meta')?.value, rows.get('meta/hashes')?.value];
    rows.set('meta', { key: 'meta', value: { ...(meta as object), ...(hashes as object) } });
    rows.delete('meta/hashes');
    expect(started(three, {}, [...rows.values()]).take(at(6), 7)).toMatchObject([{ value: 3, total: 3 }]);
  });

  it('begins anew for a correlation that was changed, and only for that', () => {
    const other = three.replaceAll('one', 'other');
    const rows = new Map<string, StateRow>();
    const first = started(`${three}---\n${other}`, { keepsState: true });
    first.take(at(0, 1), 5);
    kept(rows, first);
    const changed = started(`${three}---\n${other.replace('10m', '11m')}`, { keepsState: true }, [
      ...rows.values(),
    ]);
    expect(changed.take(at(6), 7).map((finding) => finding.correlation.id)).toEqual(['one']);
  });

  it('holds nothing of what is over', () => {
    const rows = new Map<string, StateRow>();
    const own = `${three}---\n${correlation('type: tocsin_new_value\nrules: [a]\ngroup-by: [u]\ncondition: { field: u }', 'new')}`;
    const correlator = started(own, { keepsState: true });
    for (let i = 0; i < 50; i++) {
      correlator.take([match(i * minute, { u: [i] })], i * minute + 1);
      kept(rows, correlator);
    }
    expect(rows.size).toBeLessThan(50);
    correlator.take([match(1_000 * minute, { u: ['last'] })], 1_001 * minute);
    kept(rows, correlator);
    // The last event, its group and its value, what is known of time, and of which correlations all this is.
    expect(
      [...rows.keys()].map((key) => key.split('/')[0] ?? '').toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['entry', 'group', 'group', 'meta', 'meta']);
  });

  it('is of no use where it is of another version, and is cleared away', () => {
    const rows: StateRow[] = [
      { key: 'meta', value: { version: 0, clock: 1, mark: 1, hashes: [] } },
      { key: 'entry/x', value: { time: 0, id: 'x', sources: ['a'], total: 1 } },
      { key: 'nonsense', value: null },
    ];
    const correlator = started(three, { keepsState: true }, rows);
    expect(correlator.take(at(6), 7)).toEqual([]);
    expect(correlator.changes()).toContainEqual({ key: 'entry/x', value: undefined });
    expect(correlator.changes()).toEqual([]);
  });
});
