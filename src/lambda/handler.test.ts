import { expect, it } from 'vitest';
import { envelope, guardDutyFields, relayedFields } from '../decode/aws-finding/testing/samples.ts';
import type { Json } from '../event/json.ts';
import { createEngine } from '../runtime/engine.ts';
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

async function handle(event: Json, ...destinations: Destination[]) {
  const { rules, correlations } = await loadRules([builtinRules]);
  const { parts } = createEngine(rules, correlations);
  const handler = createHandler({ parts, destinations, clock: () => 0, log: () => {} });
  return handler(event, { awsRequestId: 'request' });
}

it('a destination that throws keeps no alert from the others, and fails the invocation with its name', async () => {
  const got: string[] = [];
  const broken: Destination = {
    name: 'broken',
    correlates: false,
    send: async () => {
      throw new Error('cannot be written');
    },
  };
  const good: Destination = {
    name: 'good',
    correlates: false,
    send: async (alerts) => {
      got.push(...alerts.map(({ title }) => title));
      return [];
    },
  };
  await expect(handle(stopped, broken, good)).rejects.toThrow('broken: cannot be written');
  expect(got).toHaveLength(1);
});

it('destinations are told at once, so that a slow one takes no time from the others', async () => {
  const met = Promise.withResolvers<void>();
  const first: Destination = {
    name: 'first',
    correlates: false,
    send: async () => {
      await met.promise;
      return [];
    },
  };
  const second: Destination = {
    name: 'second',
    correlates: false,
    send: async () => {
      met.resolve();
      return [];
    },
  };
  expect((await handle(stopped, first, second)).alerts).toHaveLength(1);
});

it('what only a rule over several events has a use for goes to those alone that keep state', async () => {
  const got: string[] = [];
  const destination = (name: string, correlates: boolean): Destination => ({
    name,
    correlates,
    send: async (alerts, event) => {
      got.push(`${name}: ${alerts.length} alerts, ${JSON.stringify(event).length > 0}`);
      return [];
    },
  });
  const read = {
    ...stopped,
    detail: { ...stopped.detail, eventSource: 'secretsmanager.amazonaws.com', eventName: 'GetSecretValue' },
  };
  const { alerts } = await handle(read, destination('slack', false), destination('server', true));
  expect(alerts).toEqual([]);
  expect(got).toEqual(['server: 0 alerts, true']);
});

it('takes what security services of AWS find, several findings in one event too', async () => {
  const got: string[] = [];
  const good: Destination = {
    name: 'good',
    correlates: false,
    send: async (alerts) => {
      got.push(...alerts.map(({ rule, severity }) => `${severity}: ${rule.title}`));
      return [];
    },
  };
  const direct = await handle(envelope('GuardDuty Finding', guardDutyFields), good);
  const relayed = await handle(
    envelope('Security Hub Findings - Imported', {
      findings: [relayedFields, { ...relayedFields, RecordState: 'ARCHIVED' }],
    }),
    good,
  );
  expect(relayed).toMatchObject({ records: 2, events: 2 });
  expect(relayed.alerts.map(({ id }) => id)).toEqual(direct.alerts.map(({ id }) => id));
  expect(got).toEqual([
    'medium: GuardDuty finding of medium severity',
    'medium: GuardDuty finding of medium severity',
  ]);
});
