import { describe, expect, it } from 'vitest';
import type { Json } from '../event/json.ts';
import type { Known } from '../facts/known.ts';
import { readSelection } from '../sigma/selection.ts';
import type { Alert } from './alert.ts';
import { createRouter, type Route } from './route.ts';

const known: Known = {
  organisations: [],
  accounts: { '111122223333': { relation: 'own', environment: 'production', ou: 'Workloads/Prod' } },
};
const channels = {
  chat: { minSeverity: 'informational' },
  pager: { minSeverity: 'high' },
  mail: { minSeverity: 'informational' },
} as const;
const rule = {
  id: 'aws-s3-bucket-public',
  title: 'Bucket opened',
  level: 'medium',
  tags: ['attack.t1530'],
} as const;

const high: Alert = {
  id: '1',
  rule: { id: 'aws-s3-bucket-public', title: 'Bucket opened' },
  severity: 'high',
  title: 'alice made the bucket invoices public',
  description: '',
  response: '',
  time: 0,
  receivedAt: 0,
  decidedAt: 0,
  who: { kind: 'iam-user', name: 'alice', chain: [] },
  what: {
    kind: 'cloudtrail.api-call',
    service: 's3.amazonaws.com',
    action: 'PutBucketPolicy',
    result: 'success',
    targets: [],
  },
  where: { account: '111122223333', region: 'eu-west-1', origin: { type: 'internal' } },
  tactics: [],
  techniques: [{ id: 'T1537', name: 'Transfer Data to Cloud Account' }],
  facts: [],
  falsePositives: [],
  references: [],
  evidence: {
    eventId: 'e',
    provenance: { source: 'file', object: 'x', position: 0, receivedAt: 0 },
    fields: { eventName: 'PutBucketPolicy', awsRegion: 'eu-west-1' },
  },
};
const low: Alert = { ...high, severity: 'low' };

function route(
  name: string,
  when: Json | undefined,
  to: readonly string[],
  more: Partial<Route> = {},
): Route {
  return { name, to, continue: false, ...more, ...(when === undefined ? {} : { when: readSelection(when) }) };
}

function routed(routes: readonly Route[], alert: Alert) {
  return createRouter(routes, channels, known)({ alert, rule });
}

const names = (routes: readonly Route[], alert = high): readonly string[] =>
  routed(routes, alert).deliveries.map(({ channel }) => channel);

describe('without routes', () => {
  it('every channel gets what reaches its lowest severity', () => {
    expect(names([], high)).toEqual(['chat', 'pager', 'mail']);
    expect(names([], low)).toEqual(['chat', 'mail']);
    expect(routed([], low).below).toEqual([{ channel: 'pager', minSeverity: 'high' }]);
  });
});

describe('a route', () => {
  it.each<[field: string, when: Json]>([
    ['severity after policy', { 'tocsin.alert.severity': ['high', 'critical'] }],
    ['account', { 'tocsin.account': '111122223333' }],
    ['organisational unit', { 'tocsin.estate.ou|startswith': 'Workloads/' }],
    ['environment', { 'tocsin.estate.environment': 'production' }],
    ['tag of the rule', { 'tocsin.rule.tags': 'attack.t1530' }],
    ['level of the rule', { 'tocsin.rule.level': 'medium' }],
    ['id of the rule', { 'tocsin.rule.id': 'aws-s3-bucket-public' }],
    ['service', { 'tocsin.service': 's3.amazonaws.com' }],
    ['technique', { 'tocsin.alert.techniques': 'T1537' }],
    ['raw field', { awsRegion: 'eu-west-1' }],
    ['one of several searches', [{ 'tocsin.account': 'x' }, { 'tocsin.action': 'PutBucketPolicy' }]],
  ])('can ask for the %s', (_field, when) => {
    expect(names([route('r', when, ['chat'])])).toEqual(['chat']);
    const other: Alert = {
      ...high,
      severity: 'low',
      rule: { id: 'other', title: '' },
      what: { ...high.what, service: 'x', action: 'x' },
      where: { ...high.where, account: '999999999999' },
      techniques: [],
      evidence: { ...high.evidence, fields: {} },
    };
    const ofOther = { id: 'other', title: '', level: 'low', tags: [] } as const;
    const router = createRouter([route('r', when, ['chat'])], channels, known);
    expect(router({ alert: other, rule: ofOther }).deliveries).toEqual([]);
  });

  it('ends the search, unless it says that it goes on', () => {
    const last = route('rest', undefined, ['mail']);
    expect(names([route('a', undefined, ['chat']), last])).toEqual(['chat']);
    expect(names([route('a', undefined, ['chat'], { continue: true }), last])).toEqual(['chat', 'mail']);
  });

  it('sends nothing twice to a channel, and names the first that said so', () => {
    const routes = [
      route('a', undefined, ['chat'], { continue: true }),
      route('b', undefined, ['chat', 'mail']),
    ];
    expect(routed(routes, high).deliveries).toEqual([
      { channel: 'chat', route: 'a' },
      { channel: 'mail', route: 'b' },
    ]);
  });

  it('leaves the floor of a channel as it is, and says so', () => {
    expect(routed([route('a', undefined, ['pager', 'chat'])], low)).toMatchObject({
      deliveries: [{ channel: 'chat' }],
      below: [{ channel: 'pager', minSeverity: 'high' }],
    });
  });

  it('holds only in its hours, by the time of the decision', () => {
    const friday = Date.parse('2026-11-20T12:00:00Z');
    const during = { days: ['fri'], from: 0, to: 24 * 60, timeZone: 'UTC' } as const;
    const routes = [route('friday', undefined, ['pager'], { during }), route('rest', undefined, ['chat'])];
    expect(names(routes, { ...high, time: 0, decidedAt: friday })).toEqual(['pager']);
    expect(routed(routes, { ...high, time: friday, decidedAt: friday + 86_400_000 }).verdicts).toEqual([
      { route: 'friday', verdict: 'outside', detail: 'fri from 00:00 to 24:00 (UTC)' },
      { route: 'rest', verdict: 'takes' },
    ]);
  });

  it('says of each route what it said', () => {
    const routes = [
      route('other', { 'tocsin.account': 'x' }, ['pager']),
      route('mine', undefined, []),
      route('rest', undefined, ['chat']),
    ];
    expect(routed(routes, high)).toEqual({
      deliveries: [],
      below: [],
      verdicts: [
        { route: 'other', verdict: 'differs' },
        { route: 'mine', verdict: 'takes' },
        { route: 'rest', verdict: 'unasked' },
      ],
    });
  });

  it('tells others later, each under its condition', () => {
    const routes = [
      route('nights', undefined, ['chat', 'pager'], {
        fallback: { to: ['mail'], afterMinutes: 10 },
        escalate: [{ to: ['boss'], afterMinutes: 15 }],
      }),
    ];
    expect(routed(routes, high).deliveries).toEqual([
      { channel: 'chat', route: 'nights' },
      { channel: 'pager', route: 'nights' },
      {
        channel: 'mail',
        route: 'nights',
        later: {
          afterMs: 600_000,
          cause: { type: 'fallback', route: 'nights', channels: ['chat', 'pager'], minutes: 10 },
        },
      },
      {
        channel: 'boss',
        route: 'nights',
        later: { afterMs: 900_000, cause: { type: 'escalation', route: 'nights', step: 1, minutes: 15 } },
      },
    ]);
  });

  it('waits for no channel that does not take the alert, and for none at all with no fallback', () => {
    const fallback = { to: ['mail'], afterMinutes: 10 };
    expect(routed([route('a', undefined, ['chat', 'pager'], { fallback })], low).deliveries).toMatchObject([
      { channel: 'chat' },
      { channel: 'mail', later: { cause: { channels: ['chat'] } } },
    ]);
    expect(names([route('a', undefined, ['pager'], { fallback })], low)).toEqual([]);
  });

  it('tells at once whom another route would tell later', () => {
    const routes = [
      route('a', undefined, ['chat'], { continue: true, escalate: [{ to: ['mail'], afterMinutes: 5 }] }),
      route('b', undefined, ['mail']),
    ];
    expect(routed(routes, high).deliveries).toEqual([
      { channel: 'chat', route: 'a' },
      { channel: 'mail', route: 'b' },
    ]);
  });

  it('puts into a digest what its channel or the route says, but nothing that another route wants at once', () => {
    const hourly = { type: 'every', minutes: 60 } as const;
    const daily = { type: 'at', times: [480], timeZone: 'UTC' } as const;
    const withDigest = { ...channels, mail: { ...channels.mail, digest: daily } };
    const router = createRouter(
      [
        route('a', undefined, ['chat', 'mail'], { digest: hourly, continue: true }),
        route('b', { 'tocsin.alert.severity': 'high' }, ['chat'], { continue: true }),
        route('c', undefined, ['mail'], { fallback: { to: ['pager'], afterMinutes: 5 } }),
      ],
      withDigest,
      known,
    );
    expect(router({ alert: high, rule }).deliveries).toEqual([
      { channel: 'chat', route: 'b' },
      { channel: 'mail', route: 'a', digest: hourly },
    ]);
    expect(router({ alert: low, rule }).deliveries).toEqual([
      { channel: 'chat', route: 'a', digest: hourly },
      { channel: 'mail', route: 'a', digest: hourly },
    ]);
    const without = createRouter([], withDigest, known);
    expect(without({ alert: low, rule }).deliveries).toEqual([
      { channel: 'chat', route: undefined },
      { channel: 'mail', route: undefined, digest: daily },
    ]);
  });

  it('sends what falls under an exception to nobody', () => {
    const exception = { name: 'test', reason: 'agreed', owner: 'jane', until: 1e15 };
    const alert = { ...high, exception };
    expect(routed([route('all', undefined, ['chat'])], alert).deliveries).toEqual([]);
    expect(routed([], alert).deliveries).toEqual([]);
  });
});
