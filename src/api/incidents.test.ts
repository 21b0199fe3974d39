import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sightingOf } from '../alert/incident/sighting.ts';
import { alertPrefix, toldPrefix } from '../store/incidents.ts';
import { hostileStrings, testAlert, testId, testNow } from './testing/sample.ts';
import { send } from './testing/request.ts';
import { startServer, type TestServer } from './testing/server.ts';

const hour = 3_600_000;
const setting = {
  windowMs: 6 * hour,
  longestMs: 24 * hour,
  most: 200,
  mostActors: 5,
  ignore: new Set<string>(),
};
const told = { id: testId(2), alertId: testId(99), severity: 'high' } as const;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ incidents: setting });
  const alerts = [1, 2, 3].map((n) => {
    const plain = testAlert(n, {
      title: hostileStrings[n] ?? '',
      rule: { id: `rule-${n}`, title: `Rule ${n}` },
    });
    const evidence = { ...plain.evidence, eventId: `event-${n}` };
    return { ...plain, evidence, ...(n === 3 && { time: testNow - 3 * 24 * hour }) };
  });
  await server.store.commit({
    alerts: [],
    state: [
      ...alerts.flatMap((alert) => {
        const sighting = sightingOf(alert, testNow);
        return sighting === undefined ? [] : [{ key: alertPrefix + alert.id, value: { ...sighting } }];
      }),
      { key: toldPrefix + told.id, value: told },
      { key: 'entry/of another', value: 1 },
    ],
    now: testNow,
  });
});
afterAll(() => server.close());

async function ask(path: string) {
  const { status, body } = await send(server, path);
  return { status, body: JSON.parse(body) as unknown };
}

describe('incidents, over HTTP', () => {
  it('are listed with what people were told, and by their score', async () => {
    expect(await ask('/v1/incidents')).toMatchObject({
      status: 200,
      body: {
        total: 1,
        incidents: [
          {
            id: testId(2),
            first: testNow - 120_000,
            last: testNow - 60_000,
            alertCount: 2,
            risk: { rules: 2 },
            told: { alertId: testId(99), severity: 'high' },
          },
        ],
      },
    });
    expect(await ask('/v1/incidents?minScore=1000')).toEqual({
      status: 200,
      body: { incidents: [], total: 0 },
    });
    expect((await ask('/v1/incidents?limit=0')).status).toBe(400);
  });

  it.each([1, 2, 99])('are found by the id of what is in them or tells of them: %i', async (number) => {
    expect(await ask(`/v1/incidents/${testId(number)}`)).toMatchObject({
      status: 200,
      body: {
        id: testId(2),
        timeline: [
          { id: testId(2), title: hostileStrings[2] },
          { id: testId(1), title: hostileStrings[1] },
        ],
        entities: expect.arrayContaining([expect.objectContaining({ alerts: 2, joins: true })]) as unknown,
      },
    });
  });

  it.each([testId(3), 'x', '%00'])('are not found by %s', async (id) => {
    expect((await ask(`/v1/incidents/${id}`)).status).toBe(404);
  });

  it('get a status together with their alerts, which is in the history of each', async () => {
    const path = `/v1/incidents/${testId(2)}/status`;
    const post = async (body: object, to = path) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await send(server, to, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: JSON.parse(answer.body) as unknown };
    };
    await server.store.commit({
      alerts: [1, 2].map((n) => ({ alert: testAlert(n), channels: [] })),
      now: testNow,
    });
    expect(await post({ status: 'false-positive' })).toMatchObject({ status: 400 });
    expect(await post({ status: 'acknowledged', revision: 7 })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('only 0 for none') as string },
    });
    expect(await post({ status: 'resolved', reason: hostileStrings[0], by: 'jane' })).toEqual({
      status: 200,
      body: { changed: 2, unchanged: 0, alertIds: [testId(2), testId(1)] },
    });
    expect(await post({ status: 'resolved' })).toMatchObject({ body: { changed: 0, unchanged: 2 } });
    expect(await ask(`/v1/alerts/${testId(1)}/history`)).toMatchObject({
      body: {
        lines: [
          {
            by: 'jane (http)',
            via: 'api',
            detail: expect.stringContaining(`with incident ${testId(2)}`) as unknown,
          },
        ],
      },
    });
    expect(await post({ status: 'resolved' }, '/v1/incidents/x/status')).toMatchObject({ status: 404 });
    expect(await post({ status: 'gone' })).toMatchObject({ status: 400 });
  });

  it('are none where alerts are not gathered', async () => {
    const other = await startServer();
    const { body } = await send(other, '/v1/incidents');
    await other.close();
    expect(JSON.parse(body)).toEqual({ incidents: [], total: 0 });
  });
});
