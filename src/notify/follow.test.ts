import { describe, expect, it, onTestFinished } from 'vitest';
import type { Standing } from '../alert/standing.ts';
import type { Answer, BoundChannel } from './channel.ts';
import { deliver, followUp } from './send.ts';
import { normalAlert } from './testing/alerts.ts';
import { boundTo, context, resolvedContext, transport } from './testing/aws-contract.ts';
import { startFakeServer, type ReceivedRequest, type ScriptedAnswer } from './testing/fake-server.ts';

/** What becomes of an alert in systems that have a life of their own for it. */

const { id } = normalAlert;
const open: Standing = { status: 'open', severity: 'high', count: 1 };
const acknowledged: Standing = { ...open, status: 'acknowledged', by: 'slack:U1' };
const resolved: Standing = {
  ...open,
  status: 'resolved',
  by: 'jane',
  reason: 'was a test *bold* <!channel>',
};

const json = (status: number, body: unknown): ScriptedAnswer => ({
  type: 'answer',
  status,
  headers: { 'content-type': 'application/json' },
  body: body === undefined ? '' : JSON.stringify(body),
});

/** A receiver, and what it was asked: method, path, body. */
async function receiver(answer: (request: ReceivedRequest) => ScriptedAnswer) {
  const server = await startFakeServer(answer);
  onTestFinished(() => server.close());
  const asked = () =>
    server.requests.map(({ method, path, body }): [string, string, unknown] => [
      method,
      path,
      body === '' ? undefined : JSON.parse(body),
    ]);
  return { server, asked };
}

function tell(
  channel: BoundChannel,
  standing: Standing,
  before: Standing,
  receipt: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const how = { ...resolvedContext(), standing, told: { standing: before, receipt } };
  return followUp(channel, { alert: normalAlert, context: how }, transport);
}

describe('PagerDuty', () => {
  it.each([
    ['acknowledge', acknowledged, open],
    ['resolve', resolved, acknowledged],
    ['resolve', { ...open, status: 'false-positive' }, open],
    ['trigger', open, resolved],
    ['trigger', { ...open, severity: 'critical' }, open],
  ] as const)('hears %s when the alert goes to %j', async (action, standing, before) => {
    const { server, asked } = await receiver(() => json(202, { status: 'success' }));
    const channel = boundTo({ type: 'pagerduty', routingKey: 'k'.repeat(32), apiUrl: server.url });
    expect(await tell(channel, standing, before)).toEqual({ type: 'accepted' });
    expect(asked()).toMatchObject([['POST', '/v2/enqueue', { event_action: action, dedup_key: id }]]);
  });

  it('gets another incident in place of one whose acknowledgement was taken back, and follows that', async () => {
    const { server, asked } = await receiver(() => json(202, { status: 'success' }));
    const channel = boundTo({ type: 'pagerduty', routingKey: 'k'.repeat(32), apiUrl: server.url });
    const events = () =>
      asked().map(([, , body]) => {
        const { event_action: action, dedup_key: key } = body as { event_action: string; dedup_key: string };
        return `${action} ${key}`;
      });
    const second = { type: 'accepted', receipt: { dedupKey: `${id}-2` } } as const;
    expect(await tell(channel, open, acknowledged)).toEqual(second);
    expect(await tell(channel, open, acknowledged)).toEqual(second);
    const again = [`trigger ${id}-2`, `resolve ${id}`];
    expect(events()).toEqual([...again, ...again]);
    expect(await tell(channel, acknowledged, open, second.receipt)).toEqual({ type: 'accepted' });
    expect(await tell(channel, open, acknowledged, second.receipt)).toEqual({
      type: 'accepted',
      receipt: { dedupKey: `${id}-3` },
    });
    expect(events().slice(4)).toEqual([`acknowledge ${id}-2`, `trigger ${id}-3`, `resolve ${id}-2`]);
  });

  it('gets what was over and is worked on again as an incident that is acknowledged', async () => {
    const { server, asked } = await receiver(() => json(202, { status: 'success' }));
    const channel = boundTo({ type: 'pagerduty', routingKey: 'k'.repeat(32), apiUrl: server.url });
    expect(await tell(channel, acknowledged, resolved)).toEqual({ type: 'accepted' });
    expect(asked()).toMatchObject([
      ['POST', '/v2/enqueue', { event_action: 'trigger', dedup_key: id }],
      ['POST', '/v2/enqueue', { event_action: 'acknowledge', dedup_key: id }],
    ]);
  });

  it.each([
    ['that work has begun', { ...open, status: 'in-progress' }, acknowledged],
    ['how often it happened', { ...open, count: 9 }, open],
  ] as const)('does not hear %s', async (_name, standing, before) => {
    const { server, asked } = await receiver(() => json(202, {}));
    const channel = boundTo({ type: 'pagerduty', routingKey: 'k'.repeat(32), apiUrl: server.url });
    expect(await tell(channel, standing, before)).toEqual({ type: 'accepted' });
    expect(asked()).toEqual([]);
  });
});

describe('Opsgenie', () => {
  const at = (url: string) => boundTo({ type: 'opsgenie', apiKey: 'k', apiUrl: url });

  it.each([
    ['acknowledge', acknowledged, open],
    ['unacknowledge', open, acknowledged],
    ['close', resolved, acknowledged],
  ] as const)('hears %s with a note', async (action, standing, before) => {
    const { server, asked } = await receiver(() => json(202, { result: 'Request will be processed' }));
    expect(await tell(at(server.url), standing, before)).toEqual({ type: 'accepted' });
    expect(asked()).toEqual([
      [
        'POST',
        `/v2/alerts/${id}/${action}?identifierType=alias`,
        { user: 'Tocsin', source: 'Tocsin', note: expect.stringContaining('The alert is now') },
      ],
    ]);
  });

  it('hears a new priority, and gets an alert anew that is open again', async () => {
    const { server, asked } = await receiver(() => json(202, {}));
    await tell(at(server.url), { ...open, severity: 'critical' }, open);
    await tell(at(server.url), open, resolved);
    expect(asked()).toMatchObject([
      ['PUT', `/v2/alerts/${id}/priority?identifierType=alias`, { priority: 'P1' }],
      ['POST', '/v2/alerts', { alias: id }],
    ]);
  });

  it('gets what was over and is worked on again as an alert that is acknowledged', async () => {
    const { server, asked } = await receiver(() => json(202, {}));
    expect(await tell(at(server.url), acknowledged, resolved)).toEqual({ type: 'accepted' });
    expect(asked()).toMatchObject([
      ['POST', '/v2/alerts', { alias: id }],
      ['POST', `/v2/alerts/${id}/acknowledge?identifierType=alias`, {}],
    ]);
  });
});

describe('Jira', () => {
  const receipt = { key: 'SEC-24' };
  const settings = { type: 'jira', token: 't', project: 'SEC', transitions: { resolved: 'Done' } };

  /** A workflow of two statuses. */
  const workflow = (status: string, ways: readonly object[]) =>
    receiver(({ method, path }) => {
      if (method === 'GET' && path.endsWith('/transitions')) return json(200, { transitions: ways });
      if (method === 'GET') return json(200, { fields: { status: { name: status } } });
      return path.endsWith('/comment') ? json(201, { id: '1' }) : json(204, undefined);
    });
  const base = '/rest/api/2/issue/SEC-24';

  it('gives the key of an issue as its receipt', async () => {
    const { server } = await receiver(() => json(201, { id: '1', ...receipt, self: 'x' }));
    const answer = await deliver(boundTo({ ...settings, url: server.url }), normalAlert, context, transport);
    expect(answer).toEqual({ type: 'accepted', receipt });
  });

  it.each([
    ['the transition', [{ id: '31', name: 'done', to: { name: 'Closed' } }]],
    ['the status that it leads to', [{ id: '31', name: 'Finish', to: { name: 'DONE' } }]],
  ])(
    'moves the issue by the name of %s, with what the transition demands, and says why',
    async (_name, ways) => {
      const { server, asked } = await workflow('To Do', ways);
      const resolution = { resolution: { name: 'Done' } };
      const channel = boundTo({ ...settings, url: server.url, transitionFields: { resolved: resolution } });
      expect(await tell(channel, resolved, open, receipt)).toEqual({ type: 'accepted' });
      expect(asked()).toEqual([
        ['GET', `${base}/transitions`, undefined],
        ['POST', `${base}/transitions`, { transition: { id: '31' }, fields: resolution }],
        [
          'POST',
          `${base}/comment`,
          { body: 'The alert is now resolved by jane: was a test \\*bold\\* <\\!channel>.' },
        ],
      ]);
    },
  );

  it('leaves an issue where it is that somebody has moved already', async () => {
    const { server, asked } = await workflow('Done', []);
    expect(await tell(boundTo({ ...settings, url: server.url }), resolved, open, receipt)).toEqual({
      type: 'accepted',
    });
    expect(asked().map(([method, path]) => `${method} ${path}`)).toEqual([
      `GET ${base}/transitions`,
      `GET ${base}?fields=status`,
      `POST ${base}/comment`,
    ]);
  });

  it('says in the issue and in the log where the workflow has no such way', async () => {
    const { server, asked } = await workflow('To Do', [{ id: '1', name: 'Start', to: { name: 'Doing' } }]);
    const answer = await tell(boundTo({ ...settings, url: server.url }), resolved, open, receipt);
    expect(answer).toMatchObject({ type: 'refused', reason: expect.stringContaining('no way to "Done"') });
    expect(JSON.stringify(asked().at(-1))).toContain('Jira offers no way');
  });

  it('only comments where no transition is configured for a status, and not on counts', async () => {
    const { server, asked } = await workflow('To Do', []);
    const channel = boundTo({ ...settings, url: server.url });
    await tell(channel, acknowledged, open, receipt);
    await tell(channel, { ...open, count: 5 }, open, receipt);
    expect(asked().map(([method, path]) => `${method} ${path}`)).toEqual([`POST ${base}/comment`]);
  });

  it.each([
    [404, 'closed'],
    [429, 'later'],
    [503, 'later'],
  ])('is told again, or not, after HTTP %i as always', async (status, type) => {
    const { server } = await receiver(() => json(status, {}));
    expect((await tell(boundTo({ ...settings, url: server.url }), resolved, open, receipt)).type).toBe(type);
  });
});

describe('TheHive', () => {
  const settings = { type: 'thehive', apiKey: 'k', statuses: { resolved: 'Ignored' } };
  const found = { _id: '~41', _type: 'Alert', status: 'New' };

  const hive = (alert: object = found) =>
    receiver(({ method, path }) => {
      if (path === '/api/v1/query') return json(200, [alert]);
      if (path === '/api/v1/alert') return json(201, alert);
      if (path.endsWith('/case')) return json(201, { _id: '~99', number: 7 });
      return method === 'PATCH' ? json(204, undefined) : json(200, alert);
    });

  it('changes severity and status of its alert, with a comment', async () => {
    const { server, asked } = await hive();
    const answer = await tell(boundTo({ ...settings, url: server.url }), resolved, open, { id: '~41' });
    expect(answer).toEqual({ type: 'accepted', receipt: { id: '~41' } });
    expect(asked()).toEqual([
      ['GET', '/api/v1/alert/~41', undefined],
      ['PATCH', '/api/v1/alert/~41', { severity: 3, status: 'Ignored' }],
      [
        'POST',
        '/api/v1/alert/~41/comment',
        { message: 'The alert is now resolved by jane: was a test \\*bold\\* \\<!channel\\>.' },
      ],
    ]);
  });

  it('finds its alert by our name for it where the id is not known', async () => {
    const { server, asked } = await hive();
    await tell(boundTo({ ...settings, url: server.url }), acknowledged, open);
    expect(asked()[0]).toMatchObject(['POST', '/api/v1/query', { query: [{ _name: 'listAlert' }, {}, {}] }]);
    expect(asked()[1]).toEqual(['PATCH', '/api/v1/alert/~41', { severity: 3 }]);
  });

  it('makes a case of an alert, once', async () => {
    const { server, asked } = await hive();
    const channel = boundTo({ ...settings, url: server.url, createCase: true, caseTemplate: 'AWS' });
    expect(await deliver(channel, normalAlert, context, transport)).toEqual({
      type: 'accepted',
      receipt: { id: '~41', caseId: '~99' },
    });
    expect(asked().slice(1)).toEqual([
      ['GET', '/api/v1/alert/~41', undefined],
      ['POST', '/api/v1/alert/~41/case', { caseTemplate: 'AWS' }],
    ]);
  });

  it('makes no second case where one was made before the answer was lost', async () => {
    const { server, asked } = await hive({ ...found, caseId: '~98' });
    server.answerNext(json(400, { type: 'CreateError', message: 'Alert already exists' }));
    const channel = boundTo({ ...settings, url: server.url, createCase: true });
    expect(await deliver(channel, normalAlert, context, transport)).toEqual({
      type: 'accepted',
      receipt: { id: '~41', caseId: '~98' },
    });
    expect(asked().map(([, path]) => path)).toEqual(['/api/v1/alert', '/api/v1/query']);
  });

  it('gives up where its alert is gone', async () => {
    const { server } = await receiver(() => json(200, []));
    expect((await tell(boundTo({ ...settings, url: server.url }), resolved, open)).type).toBe('refused');
  });
});

it.each([
  { type: 'jira', url: 'https://jira.example', token: 't', project: 'SEC', changes: false },
  { type: 'thehive', url: 'https://thehive.example', apiKey: 'k', changes: false },
  { type: 'email', host: 'mail.example', from: 'a@b.example', to: ['a@b.example'], changes: false },
  { type: 'sqs', queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/a', changes: false },
])('nobody is told of changes who does not want that: $type', (settings) => {
  expect(boundTo(settings).follow).toBeUndefined();
});
