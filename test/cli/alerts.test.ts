import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { sampleAlert, sampleException, sampleId } from '../../src/store/testing/samples.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'tocsin.db');
const alerts = (...args: readonly string[]) => tocsin(['alerts', ...args, '--store', file]);
const suppressions = (...args: readonly string[]) => tocsin(['suppressions', ...args, '--store', file]);
const hostile = 'looks \u001b[2Jreal\n<b>\u202e';

async function json(run: ReturnType<typeof tocsin>): Promise<unknown> {
  return JSON.parse((await run).stdout);
}

const gathered = join(folder.path, 'gathered.db');
const incident = { id: sampleId(20), name: 'alerts around alice' };

beforeAll(async () => {
  const store = await openSqliteStore({ path: file });
  await store.commit({
    alerts: ['one', 'two', 'three \u001b[31m', 'four'].map((title, n) => ({
      alert: sampleAlert(n + 1, { title, severity: n === 3 ? 'low' : 'high' }),
      channels: [],
    })),
    now: 1,
  });
  await store.close();
  const other = await openSqliteStore({ path: gathered });
  await other.commit({
    alerts: [
      { ...sampleAlert(1, { title: 'told' }), incident },
      { ...sampleAlert(2, { title: 'not told' }), incident: { ...incident, mutes: ['slack'] } },
      { ...sampleAlert(3, { title: 'too often' }), muted: { until: 9 } },
      sampleAlert(4, { title: 'by itself' }),
      sampleAlert(5, { title: 'agreed', exception: { ...sampleException, reason: `${hostile} test` } }),
    ].map((alert) => ({ alert, channels: [] })),
    now: 1,
  });
  await other.close();
});
afterAll(() => folder.remove());

describe('tocsin alerts', () => {
  it('acknowledges several at once, and lists by status', async () => {
    const acked = await alerts('ack', sampleId(1), sampleId(2), '--by', 'jane');
    expect([acked.code, acked.stdout]).toEqual([
      0,
      `${sampleId(1)}  acknowledged, revision 1\n${sampleId(2)}  acknowledged, revision 1\n`,
    ]);
    expect((await alerts('list', '--ids', '--status', 'acknowledged', 'resolved')).stdout).toBe(
      `${sampleId(2)}\n${sampleId(1)}\n`,
    );
    expect((await alerts('list', '--ids', '--status', 'open', '--severity', 'high')).stdout).toBe(
      `${sampleId(3)}\n`,
    );
    expect((await alerts('ack', sampleId(1))).stdout).toContain('was so already');
  });

  it('lists no more than it is asked for, says that there are more, and prints nothing that a terminal acts on', async () => {
    const { stdout } = await alerts('list', '--limit', '2');
    expect(stdout).toMatch(/four[\s\S]*three/);
    expect(stdout).toContain('There are more');
    expect(stdout).not.toContain('\u001b');
    expect(await json(alerts('list', '--json', '--limit', '4'))).toMatchObject({
      alerts: [4, 3, 2, 1].map((n) => ({ id: sampleId(n) })),
      more: false,
    });
    expect((await alerts('list', '--text', 'nowhere')).stdout).toBe('No alert fits.\n');
  });

  it.each([
    [
      ['--incident', sampleId(20)],
      [2, 1],
    ],
    [['--incident', sampleId(20), '--muted'], [2]],
    [['--muted'], [2]],
    [['--exceptions', 'only'], [5]],
    [
      ['--exceptions', 'show', '--severity', 'high'],
      [5, 4, 3, 2, 1],
    ],
    [['--exceptions', 'hide', '--muted'], [2]],
    [['--muted', 'hour'], [3]],
    [['--incident', sampleId(1)], []],
  ])('lists by incident, by what was not told, and by exceptions: %j', async (args, found) => {
    const { stdout } = await tocsin(['alerts', 'list', '--ids', ...args, '--store', gathered]);
    expect(stdout).toBe(found.map((n) => `${sampleId(n)}\n`).join(''));
  });

  it('shows the exception that an alert falls under, who answers for it, why, and until when', async () => {
    const { stdout } = await tocsin(['alerts', 'show', sampleId(5), '--store', gathered]);
    expect(stdout).toMatch(
      /exception +penetration test: looks \\x1b\[2Jreal.* test; jane answers for it, until \+?0?33658-/,
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('assigns, comments, snoozes and shows all of it, hostile strings made harmless', async () => {
    for (const args of [
      ['assign', sampleId(3), 'jane'],
      ['comment', sampleId(3), hostile],
      ['snooze', sampleId(3), '--for', '4h'],
    ])
      expect((await alerts(...args, '--by', 'joe')).code).toBe(0);
    const { stdout } = await alerts('show', sampleId(3));
    expect(stdout).toMatch(/status +open \(revision 3\)/);
    expect(stdout).toMatch(/assignee +jane/);
    expect(stdout).toMatch(/snoozed until +20/);
    expect(stdout).toContain('joe (cli)  looks \\x1b[2Jreal');
    for (const acted of ['\u001b', '\u202e']) expect(stdout).not.toContain(acted);
    expect(await json(alerts('history', sampleId(3), '--json'))).toMatchObject({
      lines: [
        { action: 'snooze', by: 'joe', via: 'cli', revision: 3 },
        { action: 'comment', detail: hostile, revision: 2 },
        { action: 'assign', detail: 'to jane', revision: 1 },
      ],
      more: false,
    });
    expect((await alerts('snooze', sampleId(3), '--wake')).stdout).toContain('revision 4');
    expect((await alerts('assign', sampleId(3))).stdout).toBe(`${sampleId(3)}  open, revision 5\n`);
  });

  it('refuses a decision from an older revision, and says which there is', async () => {
    const { code, stdout } = await alerts('resolve', sampleId(3), '--revision', '2');
    expect(code).toBe(2);
    expect(stdout).toContain('not done: it has revision 5 by now, not 2');
  });

  it('changes what it can of several, and says what it could not', async () => {
    const { code, stdout } = await alerts('resolve', sampleId(4), sampleId(9), '--reason', 'key deleted');
    expect(code).toBe(2);
    expect(stdout).toContain(`${sampleId(4)}  resolved, revision 1\n`);
    expect(stdout).toContain(`${sampleId(9)}  not done: the store holds no such alert`);
    expect((await alerts('reopen', sampleId(4))).code).toBe(0);
  });

  it.each<[what: string, args: readonly string[], message: string]>([
    ['a false positive without a reason', ['false-positive', sampleId(4)], 'a false positive needs a reason'],
    ['a snooze without an end', ['snooze', sampleId(4)], 'say until when'],
    ['a snooze with two ends', ['snooze', sampleId(4), '--for', '1h', '--until', '2099-01-01'], 'say until'],
    [
      'a snooze into the past',
      ['snooze', sampleId(4), '--until', '2020-01-01'],
      'must be a time in the future',
    ],
    ['one revision for several', ['ack', sampleId(1), sampleId(2), '--revision', '1'], 'name one'],
    ['an alert that is not there', ['show', sampleId(9)], 'no such alert'],
    ['the history of one that never was', ['history', sampleId(9)], 'no such alert'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stdout, stderr } = await alerts(...args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(message);
  });
});

describe('tocsin suppressions', () => {
  const add = (...args: readonly string[]) =>
    suppressions('add', 'pen test', '--reason', 'agreed', '--owner', 'jane', ...args);

  it('makes one, lists it and ends it', async () => {
    expect((await suppressions('list')).stdout).toBe('Nothing was ever suppressed.\n');
    const made = await add('--when', 'tocsin.actor.name: red/*', '--for', '4d', '--by', 'joe', '--json');
    const { id } = JSON.parse(made.stdout) as { id: string };
    expect(await json(suppressions('list', '--json'))).toMatchObject({
      suppressions: [
        { id, name: 'pen test', when: { 'tocsin.actor.name': 'red/*' }, owner: 'jane', createdBy: 'joe' },
      ],
    });
    expect((await suppressions('list')).stdout).toContain('pen test');
    expect((await suppressions('end', id)).stdout).toBe('pen test has ended.\n');
    expect((await suppressions('end', id)).stdout).toBe('pen test had ended already.\n');
    expect((await suppressions('list')).stdout).toContain('--all shows what was');
    expect((await suppressions('list', '--all')).stdout).toContain('ended 20');
  });

  it.each<[what: string, args: readonly string[], message: string]>([
    ['a field that there is not', ['--when', 'tocsin.nothing: x', '--for', '1h'], 'there is no field'],
    ['what is no YAML', ['--when', '{', '--for', '1h'], 'is no YAML'],
    ['a word without a field', ['--when', 'deploy', '--for', '1h'], 'must name fields'],
    ['a search for nothing', ['--when', '{}', '--for', '1h'], '--when:'],
    ['an end that is over', ['--when', 'tocsin.actor.name: x', '--until', '2020-01-01'], 'in the future'],
    ['one for ever', ['--when', 'tocsin.actor.name: x', '--for', '900d'], 'up to a year'],
    ['an end far away', ['--when', 'tocsin.actor.name: x', '--until', '2999-01-01'], 'a year away'],
    ['a search for what is not there', ['--when', 'evntName: null', '--for', '1h'], 'without any fields'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await add(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('does not end what is not there', async () => {
    expect(await suppressions('end', 'x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such suppression') as string,
    });
  });
});

describe('tocsin alerts --where', () => {
  it('counts what a search finds, and changes it when told to', async () => {
    const dry = await alerts('progress', '--where', 'text=four', 'status=open');
    expect([dry.code, dry.stdout]).toEqual([
      0,
      '1 alert fits; nothing was done. --yes gives it the status in-progress.\n',
    ]);
    expect((await alerts('progress', '--where', 'text=four', 'status=open', '--yes')).stdout).toContain(
      '1 alert changed to in-progress; 0 so already',
    );
    expect(await json(alerts('progress', '--where', 'text=four', '--yes', '--json'))).toMatchObject({
      found: 1,
      done: true,
      changed: 0,
    });
    for (const [args, problem] of [
      [['--where', 'colour=red'], "there is no 'colour'"],
      [['--where', 'severity'], 'name=value'],
      [['--where', 'severity=worst'], 'severity'],
      [['--where', 'status=open', 'status=open'], 'twice'],
      [['--where', 'severity=informational', '--most', '2', '--yes'], 'more than 2'],
      [[], 'name alerts'],
      [[sampleId(1), '--where', 'status=open'], 'name alerts'],
    ] as const) {
      const { code, stderr } = await alerts('progress', ...args);
      expect([code, stderr.includes(problem) ? problem : stderr]).toEqual([2, problem]);
    }
  });
});
