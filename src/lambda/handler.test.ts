import { expect, it } from 'vitest';
import { builtinRules, loadRules } from '../runtime/load-rules.ts';
import type { Destination } from './destination.ts';
import { createHandler } from './handler.ts';

const stopped = {
  'detail-type': 'AWS API Call via CloudTrail',
  detail: {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', userName: 'alice', accountId: '111122223333' },
    eventTime: '2026-11-20T10:00:00Z',
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    awsRegion: 'eu-west-1',
    eventID: '00000000-0000-4000-8000-000000000001',
    recipientAccountId: '111122223333',
  },
};

async function handle(...destinations: Destination[]) {
  const { rules } = await loadRules([builtinRules]);
  const handler = createHandler({ rules, destinations, clock: () => 0, log: () => {} });
  return handler(stopped, { awsRequestId: 'request' });
}

it('a destination that throws keeps no alert from the others, and fails the invocation with its name', async () => {
  const got: string[] = [];
  const broken: Destination = {
    name: 'broken',
    send: async () => {
      throw new Error('cannot be written');
    },
  };
  const good: Destination = {
    name: 'good',
    send: async (alerts) => {
      got.push(...alerts.map(({ title }) => title));
      return [];
    },
  };
  await expect(handle(broken, good)).rejects.toThrow('broken: cannot be written');
  expect(got).toHaveLength(1);
});

it('destinations are told at once, so that a slow one takes no time from the others', async () => {
  const met = Promise.withResolvers<void>();
  const first: Destination = {
    name: 'first',
    send: async () => {
      await met.promise;
      return [];
    },
  };
  const second: Destination = {
    name: 'second',
    send: async () => {
      met.resolve();
      return [];
    },
  };
  expect((await handle(first, second)).alerts).toHaveLength(1);
});
