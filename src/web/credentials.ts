import type { Requests } from '../event/requests.ts';
import { accountHasher } from './account-hash.ts';
import { networkOfAddress, wordsInAddress } from './address.ts';
import type { ClientTable } from './clients.ts';
import { gatherEvidence, type EvidenceKeeper } from './evidence.ts';
import { hashPair } from './hash.ts';
import { loginPaths } from './login-paths.ts';
import { evidenceOf, type EvidenceLine, type OffenceSubject } from './offence.ts';
import { offenceBook, type OffenceRule } from './offence-book.ts';
import type { TrafficSettings } from './settings.ts';
import type { Signal } from './signal.ts';
import { rowsWithStatus, statusSet } from './statuses.ts';
import { windowCounter, type WindowCounter } from './windows.ts';
import { duration } from './wording.ts';

const mostPairs = 1_000_000;
const mostOpen = 50_000;
const bucket = 10_000;

/**
 * Guessed passwords and stolen lists of them: failed logins by client, by network and by account. Accounts are told by keyed hashes, and lines
 * of evidence come without their query.
 */
export function credentialSignal(settings: TrafficSettings, clients: ClientTable): Signal {
  const { lateness, period, credentials, seed } = settings;
  const { v4, v6 } = credentials.network;
  const logins = loginPaths(credentials.logins);
  const mayFail = statusSet(logins.failures);
  const accountOf = accountHasher(credentials.accountParameters, credentials.accountKey);
  const book = offenceBook({ lateness, period, most: mostOpen });
  const network = new Uint32Array(wordsInAddress);

  const counterOf = (limit: { window: number; threshold: number }, small: boolean): WindowCounter =>
    windowCounter({
      limits: [limit],
      bucket,
      exact: false,
      small,
      lateness,
      period,
      most: mostPairs,
    });
  const ruleOf = (
    rule: string,
    { window, threshold, severity }: typeof credentials.client,
    who: (subject: OffenceSubject, count: number) => string,
  ): OffenceRule => ({
    rule,
    window,
    threshold,
    severity,
    explain: (subject, count) =>
      `${who(subject, count)} within ${duration(window)}; ${threshold} are too many`,
  });
  const by = {
    client: {
      counter: counterOf(credentials.client, true),
      rule: ruleOf(
        'credential-attack',
        credentials.client,
        ({ value }, count) => `${value} failed ${count} times to log in`,
      ),
    },
    network: {
      counter: counterOf(credentials.network, false),
      rule: ruleOf(
        'credential-attack-network',
        credentials.network,
        ({ value }, count) => `the clients of ${value} failed ${count} times to log in`,
      ),
    },
    account: {
      counter: counterOf(credentials.account, false),
      rule: ruleOf(
        'credential-attack-account',
        credentials.account,
        ({ value }, count) => `logins to one account (hash ${value}) failed ${count} times`,
      ),
    },
  };

  const isFailure = (requests: Requests, row: number): boolean => {
    const { bytes, status, text } = requests;
    const code = status[row] ?? 0;
    const path = { start: text.path.start[row] ?? 0, end: text.path.end[row] ?? 0 };
    const method = { start: text.method.start[row] ?? 0, end: text.method.end[row] ?? 0 };
    return logins.isFailure(bytes, path, method, code);
  };

  return {
    name: 'credentials',
    take: (requests, ids) => {
      const { bytes, time, text } = requests;
      const keys = {
        client: new Map<number, number>(),
        network: new Map<number, number>(),
        account: new Map<number, number>(),
      };
      const accounts = new Map<number, string>();
      for (const row of rowsWithStatus(requests, mayFail)) {
        if (!isFailure(requests, row)) continue;
        const at = time[row] ?? 0;
        const id = ids[row] ?? -1;
        if (id !== -1) {
          keys.client.set(row, id);
          by.client.counter.add(id, at);
          networkOfAddress(clients.words(), id * wordsInAddress, v4, v6, network);
          const key = hashPair(hashPair(network[0] ?? 0, network[1] ?? 0), (network[3] ?? 0) ^ seed);
          keys.network.set(row, key);
          by.network.counter.add(key, at);
        }
        const account = accountOf(bytes.subarray(text.query.start[row] ?? 0, text.query.end[row] ?? 0));
        if (account === undefined) continue;
        const key = Number.parseInt(account.slice(0, 8), 16);
        accounts.set(key, account);
        keys.account.set(row, key);
        by.account.counter.add(key, at);
      }
      for (const type of ['client', 'network', 'account'] as const) {
        const seen = new Map<number, EvidenceKeeper>();
        const rows = keys[type];
        by[type].counter.judge((found) => {
          const value = nameOf(type, found.key, rows);
          seen.set(found.key, book.see({ ...found, rule: by[type].rule, subject: { type, value } }));
        });
        if (seen.size > 0) {
          const keyOfRow = Float64Array.from({ length: requests.count }, (_, row) => rows.get(row) ?? -1);
          gatherEvidence(requests, keyOfRow, seen, () => true, withoutQuery);
        }
      }

      function nameOf(type: keyof typeof by, key: number, rows: ReadonlyMap<number, number>): string {
        if (type === 'client') return clients.textOf(key);
        if (type === 'account') return accounts.get(key) ?? '';
        const row = [...rows].find(([, held]) => held === key)?.[0] ?? -1;
        return clients.networkOf(ids[row] ?? 0, v4, v6);
      }
    },
    tick: (now) => {
      for (const { counter } of Object.values(by)) counter.expire(now);
      book.tick(now);
    },
    offences: book.drain,
    forget: (forgotten) => by.client.counter.forget(forgotten),
  };
}

/** Queries of logins hold accounts, and sometimes passwords. */
function withoutQuery(requests: Requests, row: number): EvidenceLine {
  const line = evidenceOf(requests, row);
  const question = line.target.indexOf('?');
  return question === -1 ? line : { ...line, target: `${line.target.slice(0, question)}?…` };
}
