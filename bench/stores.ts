import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { severities } from '../src/event/severity.ts';
import type { Alert } from '../src/alert/alert.ts';
import { openPostgresStore } from '../src/store/postgres.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import type { AlertQuery, Store } from '../src/store/store.ts';
import { hasPostgres, startCluster } from '../src/store/testing/postgres-cluster.ts';
import { sampleAlert } from '../src/store/testing/samples.ts';
import { median } from './measure.ts';
import { randomFrom } from './random.ts';

const start = Date.UTC(2026, 0, 1);
const year = 365 * 86_400_000;

/** How long a person waits for a page of alerts when very many are stored, in each store, and how long it took to store them. */
export async function benchStores(smoke: boolean): Promise<void> {
  const asked = process.argv.indexOf('--alerts');
  const alerts = smoke ? 2_000 : asked < 0 ? 1_000_000 : Number(process.argv[asked + 1]);
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-stores-'));
  try {
    const path = join(folder, 'tocsin.db');
    const store = await openSqliteStore({ path });
    await benchStore('SQLite', store, alerts, smoke ? 1 : 15);
    await store.close();
    process.stdout.write(`  the file           ${Math.round(statSync(path).size / 1e6)} MB\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (!hasPostgres) {
    process.stdout.write('\nPostgreSQL is not installed here\n');
    return;
  }
  const cluster = await startCluster();
  try {
    const { host, port, user } = cluster;
    const store = await openPostgresStore({
      host,
      port,
      user,
      database: 'postgres',
      schema: 'bench',
      connections: 4,
    });
    // What its autovacuum does a minute after so much was stored.
    const analyse = async (): Promise<void> => void (await cluster.query('analyze'));
    await benchStore('PostgreSQL (without fsync)', store, alerts, smoke ? 1 : 15, analyse);
    await store.close();
  } finally {
    await cluster.remove();
  }
}

async function benchStore(
  name: string,
  store: Store,
  alerts: number,
  rounds: number,
  afterwards: () => Promise<void> = async () => {},
): Promise<void> {
  const random = randomFrom(7);
  const began = performance.now();
  const batch = 1_000;
  for (let from = 0; from < alerts; from += batch)
    await store.commit({
      alerts: Array.from({ length: Math.min(batch, alerts - from) }, (_, i) => ({
        alert: alertOf(from + i, alerts, random),
        channels: [],
      })),
      now: 1,
    });
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(
    `\n${name}: ${alerts.toLocaleString('en')} alerts\n  stored at          ${Math.round(alerts / seconds).toLocaleString('en')} a second\n`,
  );

  await afterwards();

  const middle = start + year / 2;
  const { next: deep } = await store.alerts({ until: middle, limit: 50 });
  const queries: Readonly<Record<string, Omit<AlertQuery, 'limit'>>> = {
    'the newest': {},
    'from the middle on': { after: deep },
    critical: { severity: 'critical' },
    'a rule and account': { ruleId: 'rule-17', account: '100000000003' },
    'one day of the year': { since: middle, until: middle + 86_400_000 },
    'a word in all': { text: 'bucket' },
    'a word in one of 20': { text: 'team-7' },
    'a word in 1 of 50,000': { text: 'secret-plan' },
    'two words of one in 20': { text: 'team-7 rule-17' },
    'an actor of 5,000': { about: { actor: 'person-77' } },
    'an address of 60,000': { about: { address: '198.18.0.9' } },
    'an actor, and a word': { about: { actor: 'person-77' }, text: 'team-7' },
    'a word, a severity': { text: 'team-7', severity: 'critical' },
    'no such word': { text: 'unheard-of' },
  };
  for (const [what, query] of Object.entries(queries)) {
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round <= rounds; round++) {
      const before = performance.now();
      found = (await store.alerts({ ...query, limit: 50 })).alerts.length;
      if (round > 0) times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    process.stdout.write(
      `  ${what.padEnd(24)}${median(times).toFixed(1).padStart(8)} ms   ${times[0]?.toFixed(1)}-${times.at(-1)?.toFixed(1)} ms   ${found} alerts\n`,
    );
  }
}

/** Alerts of a year, as skewed as real ones are. */
function alertOf(number: number, alerts: number, random: () => number): Alert {
  const rule = Math.floor(random() ** 2 * 60);
  const person = Math.floor(random() ** 2 * 5_000);
  const address = Math.floor(random() * 60_000);
  const team = Math.floor(random() * 20);
  const plain = sampleAlert(number, {
    time: start + Math.floor((number / alerts) * year + random() * 60_000),
    severity: severities[Math.floor(random() ** 2 * severities.length)] ?? 'low',
    ruleId: `rule-${rule}`,
    account: `1000000000${String(Math.floor(random() * 12)).padStart(2, '0')}`,
    title: `person-${person} of team-${team} made the bucket invoices public by rule-${rule}${number % 50_000 === 7 ? ' secret-plan' : ''}`,
  });
  return {
    ...plain,
    who: { ...plain.who, name: `person-${person}`, arn: `arn:aws:iam::111122223333:user/person-${person}` },
    where: {
      ...plain.where,
      origin: { type: 'address', address: `198.18.${address >> 8}.${address & 255}` },
    },
  };
}
