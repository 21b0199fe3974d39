import { board } from '../../web/board.ts';
import { clientTable } from '../../web/clients.ts';
import type { Offence } from '../../web/offence.ts';
import { requestsOf } from '../../web/testing/requests.ts';
import { textTable } from '../../web/text-table.ts';
import type { TrafficState } from '../traffic-page.ts';
import { testNow } from './sample.ts';

/** Somebody who offends, and what a test wants to be different. */
export const offence = (value: string, more: Partial<Offence> = {}): Offence => ({
  rule: 'scanner',
  subject: { type: 'client', value },
  start: 0,
  first: testNow - 60_000,
  last: testNow,
  count: 60,
  threshold: 50,
  window: 60_000,
  severity: 'medium',
  evidence: [],
  explanation: `${value} got 60 bad responses`,
  ...more,
});

/** What a server knows that follows access logs, from two requests. */
export function stateWith(offences: readonly Offence[], agent = 'curl/8'): TrafficState {
  const clients = clientTable({ capacity: 100, proxies: [] });
  const texts = textTable();
  const shown = board({ words: clients.words, texts });
  const requests = requestsOf([
    { time: testNow - 1_000, path: '/cart', client: '203.0.113.7', status: 404, agent },
    { time: testNow, path: '/cart', client: '203.0.113.7', status: 200, agent, method: 'TRACE' },
  ]);
  shown.take(requests, clients.idsOf(requests));
  return {
    isFollowing: true,
    waitsFor: undefined,
    hour: (which, view) =>
      which === 'current' ? { since: testNow - 60_000, until: testNow, view: shown.view(view) } : undefined,
    offences: () => offences,
    alertOf: ({ rule }) => (rule === 'scanner' ? 'a'.repeat(32) : undefined),
  };
}
