import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderPlace, writeDeadLetters } from '../../src/runtime/dead-letters.ts';
import { rejectionId } from '../../src/store/identity.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { startServer, temporaryFolder, tocsin, until, type ServerProcess } from '../support/cli.ts';
import { trailStopped } from '../support/records.ts';

let folder: ReturnType<typeof temporaryFolder>;
let server: ServerProcess | undefined;
beforeEach(async () => {
  folder = temporaryFolder();
  const { path } = folder;
  writeFileSync(
    join(path, 'tocsin.yaml'),
    JSON.stringify({ data: path, deadLetters: { folder: join(path, 'dead') } }),
  );
  const store = await openSqliteStore({ path: join(path, 'tocsin.db') });
  const record = Buffer.from(JSON.stringify(trailStopped()));
  const rejection = (position: number, bytes: Uint8Array, length = bytes.length) => ({
    provenance: { source: 's3', object: 's3://trail/a.json', position, receivedAt: Date.UTC(2026, 10, 20) },
    reason: 'an older version could not read it',
    length,
    bytes,
  });
  await store.commit({
    alerts: [],
    rejections: [
      rejection(0, record),
      rejection(1, record.subarray(0, 50), record.length),
      rejection(2, Buffer.from('{"neither":1}')),
    ],
    now: 0,
  });
  await store.close();
});
afterEach(async () => {
  server?.child.kill('SIGKILL');
  await server?.ended;
  server = undefined;
  folder.remove();
});

interface Document {
  readonly counts: Record<string, number>;
  readonly damaged: readonly object[];
  readonly alerts: number;
  readonly records: readonly { readonly reason: string; readonly result: { readonly type: string } }[];
}

async function replay(...args: readonly string[]): Promise<{ code: number | null; out: Document }> {
  const { code, stdout, stderr } = await tocsin(
    ['replay', '--json', '--config', join(folder.path, 'tocsin.yaml'), ...args],
    {},
  );
  if (stdout === '') throw new Error(stderr);
  return { code, out: JSON.parse(stdout) as Document };
}

it('lists, tells what would become of it, replays it, and leaves what fails again with the new reason', async () => {
  const listed = await replay('--list');
  expect(listed.out.counts).toMatchObject({ listed: 2, unfit: 1 });
  expect((await replay('--dry-run')).out.counts).toMatchObject({ replayed: 1, failed: 1, unfit: 1 });
  expect((await replay('--list', '--object', 'nowhere')).out.records).toEqual([]);
  const first = await replay();
  expect(first).toMatchObject({ code: 1, out: { alerts: 1, counts: { replayed: 1, failed: 1, unfit: 1 } } });
  const second = await replay();
  expect(second.out.counts).toMatchObject({ replayed: 0, failed: 1, unfit: 1 });
  expect(second.out.records.map(({ reason }) => reason)).toEqual([
    'an older version could not read it',
    expect.stringContaining('CloudTrail'),
  ]);
});

it('asks the server that has the store, whose dead letters then lie in the folder and are marked when they are replayed', async () => {
  server = await startServer(['--config', join(folder.path, 'tocsin.yaml'), '--quiet']);
  const listening = JSON.stringify({
    data: folder.path,
    server: { listen: new URL(server.address).host },
    deadLetters: { folder: join(folder.path, 'dead') },
  });
  writeFileSync(join(folder.path, 'tocsin.yaml'), listening);
  const listed = await until('the dead letters are there', async () => {
    const found = await replay('--from', 'config', '--list').catch(() => undefined);
    return found?.out.records.length === 3 ? found : undefined;
  });
  expect(listed.out.counts).toMatchObject({ listed: 2, unfit: 1 });
  const first = await replay('--from', join(folder.path, 'dead'));
  expect(first).toMatchObject({ code: 1, out: { alerts: 1, counts: { replayed: 1, failed: 1, unfit: 1 } } });
  const second = await replay('--from', join(folder.path, 'dead'));
  expect(second.out.counts).toMatchObject({ replayed: 0, failed: 1, unfit: 1 });
  expect((await replay('--source', 's3')).out).toMatchObject({ alerts: 0, counts: { replayed: 1 } });
  const alerts = (await (await fetch(`${server.address}/v1/alerts`)).json()) as { alerts: object[] };
  expect(alerts.alerts).toHaveLength(1);
}, 180_000);

it('goes on behind a file that is damaged, and says which and why', async () => {
  const dead = join(folder.path, 'dead');
  const place = folderPlace(dead);
  const letter = (name: string, record: object) => {
    const bytes = Buffer.from(JSON.stringify(record));
    const provenance = { source: 's3', object: `s3://trail/${name}.json`, position: 0, receivedAt: 0 };
    const rejection = {
      reason: 'an older version could not read it',
      provenance,
      length: bytes.length,
      bytes,
    };
    return { id: rejectionId(rejection), ...rejection };
  };
  await place.write('rejections-0000000000000000-damaged.jsonl.gz', Buffer.from('no gzip'));
  await writeDeadLetters(place, 1, [letter('a', trailStopped())]);
  await writeDeadLetters(place, 2, [letter('b', trailStopped()), letter('c', trailStopped())]);
  const [, , cutOff = ''] = await place.list();
  await place.write(cutOff, ((await place.read(cutOff)) ?? Buffer.alloc(0)).subarray(0, -4));
  await writeDeadLetters(place, 3, [letter('d', trailStopped()), letter('e', { neither: 1 })]);
  const reported = [
    { file: `${dead}/rejections-0000000000000000-damaged.jsonl.gz`, reason: 'it is no file of dead letters' },
    { file: `${dead}/${cutOff}`, line: 3 },
  ];
  const listed = await replay('--from', dead, '--list');
  expect(listed).toMatchObject({ code: 1, out: { counts: { listed: 5, damaged: 2 }, damaged: reported } });
  const first = await replay('--from', dead);
  expect(first).toMatchObject({
    code: 1,
    out: { alerts: 4, counts: { replayed: 4, failed: 1, damaged: 2 }, damaged: reported },
  });
  expect(first.out.records).toHaveLength(5);
  const second = await replay('--from', dead);
  expect(second.out.counts).toMatchObject({ replayed: 0, failed: 1, damaged: 2 });
  const { stdout } = await tocsin(
    ['replay', '--config', join(folder.path, 'tocsin.yaml'), '--from', dead],
    {},
  );
  expect(stdout).toContain(`${cutOff}, line 3\n    could not be read: `);
  expect(stdout).toContain('1 failed again, 2 could not be read.');
});
