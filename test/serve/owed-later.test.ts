import { DatabaseSync } from 'node:sqlite';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer, temporaryFolder, until } from '../support/cli.ts';
import { trailStopped } from '../support/records.ts';

interface Message {
  readonly key: string;
  readonly type: string;
  readonly alert: {
    readonly id: string;
    readonly toldBecause?: string;
    readonly digest?: { readonly total: number; readonly top: readonly { readonly id: string }[] };
  };
}

/** Webhooks of four people by path; `/first` never takes anything, and every third of the others is taken and never answered. */
async function startReceiver() {
  const messages: Record<string, Message[]> = { '/second': [], '/lead': [], '/list': [] };
  let calls = 0;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const told = messages[request.url ?? ''];
      if (told === undefined) return void response.writeHead(503).end();
      const { type, data } = JSON.parse(Buffer.concat(pieces).toString()) as {
        readonly type: string;
        readonly data: { readonly alert: Message['alert'] };
      };
      told.push({ key: String(request.headers['webhook-id']), type, alert: data.alert });
      if (++calls % 3 === 0) return void request.socket.destroy();
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    at: (path: string): readonly Message[] => messages[path] ?? [],
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

it('what is owed later comes through kills: digests, fallbacks, and escalations of what nobody acknowledged', async () => {
  const folder = temporaryFolder();
  const receiver = await startReceiver();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'tocsin.yaml');
  const webhook = (name: string, more = '') =>
    `  ${name}: { type: webhook, url: env:URL_${name.toUpperCase()}, secret: env:SECRET${more} }\n`;
  writeFileSync(
    config,
    `data: ${data}\nchannels:\n${webhook('first')}${webhook('second')}${webhook('lead')}${webhook('list', ', digest: { everyMinutes: 60 }')}` +
      'routes:\n' +
      '  - name: all\n    to: [first, list]\n    fallback: { to: [second], afterMinutes: 10 }\n' +
      '    escalate: [{ afterMinutes: 20, to: [lead] }]\n',
  );
  const names = ['first', 'second', 'lead', 'list'];
  const env = {
    SECRET: 'a secret of at least 24 bytes',
    ...Object.fromEntries(names.map((name) => [`URL_${name.toUpperCase()}`, `${receiver.url}/${name}`])),
  };
  let server = await startServer(['--config', config, '--quiet'], env);
  const post = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${server.address}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  /** The server dies, time passes for what it owes, and it is started again. */
  const later = async (minutes: number): Promise<void> => {
    server.child.kill('SIGKILL');
    await server.ended;
    const store = new DatabaseSync(join(data, 'tocsin.db'));
    store.prepare('update deliveries set due = due - ?').run(minutes * 60_000);
    store.close();
    server = await startServer(['--config', config, '--quiet'], env);
  };
  const idsAt = (path: string) => new Set(receiver.at(path).map(({ alert }) => alert.id));
  const inDigests = () =>
    new Set(receiver.at('/list').flatMap(({ alert }) => alert.digest?.top.map(({ id }) => id) ?? []));
  try {
    await post('/v1/events', {
      Records: Array.from({ length: 8 }, (_, n) =>
        trailStopped({
          requestParameters: { name: `arn:aws:cloudtrail:eu-west-1:111122223333:trail/${n}` },
        }),
      ),
    });
    const { alerts } = (await (await fetch(`${server.address}/v1/alerts?limit=50`)).json()) as {
      readonly alerts: readonly { readonly id: string }[];
    };
    const ids = alerts.map(({ id }) => id);
    expect(ids).toHaveLength(8);

    // Dies in the middle of whatever it does then.
    for (const minutes of [3, 3, 3]) await later(minutes);
    expect([...idsAt('/second'), ...idsAt('/lead')]).toEqual([]);
    const seen = ids.slice(0, 3);
    for (const id of seen) await post(`/v1/alerts/${id}/status`, { status: 'acknowledged' });

    await later(2);
    await until('the fallback is told of all', () => (idsAt('/second').size === 8 ? true : undefined));
    await later(5);
    await later(5);
    await until('the escalation comes', () => (idsAt('/lead').size >= 5 ? true : undefined));
    await later(30);
    await later(15);
    await until('digests name all', () => (inDigests().size === 8 ? true : undefined));
    await later(1);

    expect([...idsAt('/second')].sort()).toEqual([...ids].sort());
    expect([...idsAt('/lead')].sort()).toEqual(ids.filter((id) => !seen.includes(id)).sort());
    for (const message of [...receiver.at('/second'), ...receiver.at('/lead')])
      expect(message.alert.toldBecause).toMatch(/\w/);
    // A repeat carries the key of what it repeats: no alert has two.
    for (const path of ['/second', '/lead'])
      expect(new Set(receiver.at(path).map(({ key }) => key)).size).toBe(idsAt(path).size);
    const digests = new Map(receiver.at('/list').map(({ key, alert }) => [key, alert.digest?.total ?? 0]));
    expect([...digests.values()].reduce((sum, total) => sum + total, 0)).toBe(8);
    expect(receiver.at('/list').every(({ type }) => type === 'digest.created')).toBe(true);
  } finally {
    server.child.kill('SIGKILL');
    await server.ended;
    receiver.close();
    folder.remove();
  }
}, 180_000);
