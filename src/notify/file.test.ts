import {
  chmodSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { deliver, deliverAll, followUp } from './send.ts';
import { hostileAlert, normalAlert } from './testing/alerts.ts';
import { boundTo, context, resolvedContext, transport } from './testing/aws-contract.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tocsin-file-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const linesOf = (path: string): readonly string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

it('every alert is one line, and the file is for its owner alone', async () => {
  const path = join(folder(), 'alerts.json');
  const messages = [normalAlert, hostileAlert, normalAlert].map((alert) => ({ alert, context }));
  const answers = await deliverAll(boundTo({ type: 'file', path }), messages, {
    ...transport,
    timeoutMs: 60_000,
  });
  expect(answers.map(({ type }) => type)).toEqual(['accepted', 'accepted', 'accepted']);
  const events = linesOf(path).map((line) => JSON.parse(line));
  expect(events.map(({ data }) => data.alert.id)).toEqual(messages.map(({ alert }) => alert.id));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('a line that was cut by a crash ends before the next', async () => {
  const path = join(folder(), 'alerts.cef');
  writeFileSync(path, 'CEF:0|half');
  await deliver(boundTo({ type: 'file', path, format: 'cef' }), normalAlert, context, transport);
  expect(linesOf(path)).toMatchObject(['CEF:0|half', expect.stringMatching(/^CEF:0\|Tocsin/)]);
});

it('a file that is rotated away is made anew', async () => {
  const path = join(folder(), 'alerts.txt');
  const channel = boundTo({ type: 'file', path, format: 'text', changes: true });
  await deliver(channel, normalAlert, context, transport);
  renameSync(path, `${path}.1`);
  await followUp(channel, { alert: normalAlert, context: resolvedContext() }, transport);
  expect([linesOf(`${path}.1`).length, linesOf(path)]).toMatchObject([
    1,
    [expect.stringContaining('resolved')],
  ]);
});

it.each([
  ['its folder is missing', (path: string) => join(path, 'none', 'a'), 'does not exist'],
  [
    'it is a folder',
    (path: string) => {
      mkdirSync(join(path, 'b'));
      return join(path, 'b');
    },
    'is a folder',
  ],
])('alerts wait for a person where %s', async (_name, make, reason) => {
  const answer = await deliver(
    boundTo({ type: 'file', path: make(folder()) }),
    normalAlert,
    context,
    transport,
  );
  expect(answer).toMatchObject({ type: 'closed', reason: expect.stringContaining(reason) });
  expect(JSON.stringify(answer)).not.toContain(tmpdir());
});

it.skipIf(process.getuid?.() === 0)(
  'alerts wait for a person where the file may not be written',
  async () => {
    const path = join(folder(), 'a');
    writeFileSync(path, '');
    chmodSync(path, 0o400);
    expect((await deliver(boundTo({ type: 'file', path }), normalAlert, context, transport)).type).toBe(
      'closed',
    );
  },
);

it.each(['alerts.json', '/var/log/a\0b'])('%j is no path for it', (path) => {
  expect(() => boundTo({ type: 'file', path })).toThrow('absolute');
});
