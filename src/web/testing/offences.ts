import type { Offence } from '../offence.ts';

/** Any moment will do; tests hold it still. */
export const testNow = Date.UTC(2026, 10, 21, 12, 0, 0);

/** A scanner that was seen one minute before `testNow`, with what a test wants to be different. */
export function testOffence(client: string, change: Partial<Offence> = {}): Offence {
  const last = change.last ?? testNow - 60_000;
  return {
    rule: 'scanner',
    subject: { type: 'client', value: client },
    start: last - 60_000,
    first: last - 50_000,
    last,
    count: 60,
    threshold: 50,
    window: 60_000,
    severity: 'medium',
    evidence: [
      {
        time: last,
        client,
        method: 'GET',
        host: 'shop.example.com',
        target: '/.env',
        status: 404,
        agent: 'curl/8',
        object: 'E1.gz',
        position: 7,
      },
    ],
    explanation: `${client} got 60 bad answers in a minute`,
    ...change,
  };
}
