import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { testBlocker } from '../../respond/testing/blockers.ts';
import { openSqliteStore } from '../../store/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { createApi, type ApiOptions } from '../api.ts';
import type { Ingest } from '../events.ts';
import { testAlert, testNow } from './sample.ts';

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly store: Store;
  readonly app: FastifyInstance;
  close(): Promise<void>;
}

/** A server on a free port of 127.0.0.1 over a SQLite store in memory. */
export async function startServer(change: Partial<ApiOptions> = {}): Promise<TestServer> {
  const store = change.store ?? (await openSqliteStore({ path: ':memory:' }));
  const app = await createApi({
    store,
    ingest: lineIngest(store),
    blocks: { blocker: testBlocker(store.blocks), nudge: () => {} },
    keys: [],
    health: () => ({ ready: true, checks: [{ name: 'store', ok: true, detail: '/var/lib/tocsin' }] }),
    healthReport: () => ({
      ok: true,
      watchedSince: testNow,
      watchedUntil: testNow,
      problems: [],
      subjects: [],
      rulesThatNeverFired: [],
    }),
    metrics: async () => 'tocsin_alerts_total 0\n',
    version: '1.2.3',
    now: () => testNow,
    log: false,
    ...change,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    port: Number(new URL(url).port),
    store,
    app,
    close: async () => {
      await app.close();
      await store.close();
    },
  };
}

/** A body as a way in takes it, in its pieces. */
export function chunksOf(body: Parameters<Ingest>[0]): AsyncIterable<Uint8Array> | readonly Uint8Array[] {
  return body instanceof Uint8Array ? [body] : body;
}

/** A small way in: each line with a JSON object that has a title is an event that raises an alert, other JSON is skipped, the rest is rejected. */
export function lineIngest(store: Store): Ingest {
  return async (body, from) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of chunksOf(body)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const content = unpack(bytes);
    const counts = { records: 0, events: 0, rejected: 0, skipped: 0 };
    const raised = [];
    const rejections = [];
    for (const line of content.toString('utf8').split('\n')) {
      if (line.trim() === '') continue;
      counts.records += 1;
      const title = titleOf(line);
      if (title === undefined) {
        counts.rejected += 1;
        const bytesOfLine = Buffer.from(line);
        const provenance = { ...from, position: 0 };
        rejections.push({
          provenance,
          reason: 'no JSON; send JSON',
          length: bytesOfLine.length,
          bytes: bytesOfLine,
        });
      } else if (title === null) {
        counts.skipped += 1;
      } else {
        counts.events += 1;
        const id = createHash('sha256').update(line).digest('hex').slice(0, 32);
        raised.push(testAlert(0, { id, title }));
      }
    }
    const { created } = await store.commit({
      alerts: raised.map((alert) => ({ alert, channels: ['slack'] })),
      rejections,
      now: from.receivedAt,
    });
    return {
      ...counts,
      alerts: raised.map(({ id, severity, title }) => ({
        id,
        severity,
        title,
        repeated: !created.includes(id),
      })),
      rejections: rejections.map(({ provenance, reason }) => ({ position: provenance.position, reason })),
    };
  };
}

/** A gzip that is none stays as it is, and is rejected as a line that is no JSON. */
function unpack(bytes: Buffer): Buffer {
  try {
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  } catch {
    return bytes;
  }
}

function titleOf(line: string): string | null | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string'
      ? value.title
      : null;
  } catch {
    return undefined;
  }
}
