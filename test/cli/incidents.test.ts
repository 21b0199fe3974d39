import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sightingOf } from '../../src/alert/incident/sighting.ts';
import { alertPrefix } from '../../src/store/incidents.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { sampleAlert } from '../../src/notify/sample.ts';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
const file = join(folder.path, 'tocsin.db');
const incidents = (...args: readonly string[]) => tocsin(['incidents', ...args, '--store', file]);
const idOf = (n: number) => `${n}`.repeat(32);

beforeAll(async () => {
  const store = await openSqliteStore({ path: file });
  const state = [1, 2].flatMap((n) => {
    const alert = { ...sampleAlert(n * 60_000), id: idOf(n), title: `alert ${n} \u001b[31m` };
    const sighting = sightingOf(alert, 1);
    return sighting === undefined ? [] : [{ key: alertPrefix + alert.id, value: { ...sighting } }];
  });
  const alerts = [1, 2].map((n) => ({ alert: { ...sampleAlert(n * 60_000), id: idOf(n) }, channels: [] }));
  await store.commit({ alerts, state, now: 1 });
  await store.close();
});
afterAll(() => folder.remove());

describe('tocsin incidents', () => {
  it('lists incidents, and shows one with nothing that a terminal acts on', async () => {
    const list = await incidents('list');
    expect(list.code).toBe(0);
    expect(list.stdout).toContain(idOf(1));
    const shown = await incidents('show', '22');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/Nobody was told[\s\S]*alert 1[\s\S]*alert 2/);
    expect(list.stdout + shown.stdout).not.toContain('\u001b');
  });

  it('gives JSON, and only what scores as high as asked', async () => {
    expect(JSON.parse((await incidents('list', '--json')).stdout)).toMatchObject([{ id: idOf(1) }]);
    expect(JSON.parse((await incidents('show', idOf(2), '--json')).stdout)).toMatchObject({ id: idOf(1) });
    expect((await incidents('list', '--min-score', '1000')).stdout).toContain('No incidents');
  });

  it('gives an incident and its alerts a status', async () => {
    const done = await incidents('resolve', '22', '--reason', 'key deleted', '--by', 'jane');
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('2 alerts changed') as unknown });
    const again = await incidents('resolve', '22', '--json');
    expect(JSON.parse(again.stdout)).toEqual({
      incident: idOf(1),
      type: 'changed',
      changed: [],
      unchanged: 2,
    });
    const history = await tocsin(['alerts', 'history', idOf(2), '--store', file]);
    expect(history.stdout).toMatch(/jane[\s\S]*key deleted/);
    expect(await incidents('false-positive', '22')).toMatchObject({ code: 0 });
  });

  it('says when there is none of that id', async () => {
    const { code, stderr } = await incidents('show', 'abc');
    expect(code).toBe(2);
    expect(stderr).toContain("goes by 'abc'");
  });
});
