import { afterEach, describe, expect, it } from 'vitest';
import { hostileStrings } from './testing/sample.ts';
import { startServer, type TestServer } from './testing/server.ts';
import { offence, stateWith } from './testing/traffic.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function get(path: string, change: Parameters<typeof startServer>[0] = {}) {
  server = await startServer(change);
  const answer = await fetch(`${server.url}${path}`, { headers: { accept: 'text/html' } });
  return { status: answer.status, text: await answer.text() };
}

describe('the page of traffic', () => {
  it('teaches how to follow logs where none are followed', async () => {
    const { status, text } = await get('/traffic');
    expect(status).toBe(200);
    expect(text).toContain('No access logs are followed');
    expect(text).toContain('tocsin traffic /var/log/nginx');
  });

  it('shows the board, and who offends with the way to the alert', async () => {
    const { text } = await get('/traffic', { traffic: () => stateWith([offence('203.0.113.7')]) });
    expect(text).toContain('203.0.113.7 got 60 bad responses');
    expect(text).toContain(`href="/alerts/${'a'.repeat(32)}"`);
    for (const title of [
      'Clients with the most requests',
      'URLs with the most 4xx',
      'Methods out of the ordinary',
    ])
      expect(text).toContain(title);
    expect(text).toContain('50.0 %');
  });

  it('links no alert where nobody is told', async () => {
    const { text } = await get('/traffic', {
      traffic: () => stateWith([offence('203.0.113.7', { rule: 'flood' })]),
    });
    expect(text).not.toContain('/alerts/');
  });

  it.each(['/traffic?hour=previous', '/traffic?hour=nonsense'])('answers %s', async (path) => {
    const { status, text } = await get(path, { traffic: () => stateWith([]) });
    expect(status).toBe(200);
    expect(text).toContain(path.endsWith('previous') ? 'nothing before this one' : 'aria-current="page"');
  });

  it('writes hostile strings as text', async () => {
    const offences = hostileStrings.map((value) => offence(value, { subject: { type: 'agent', value } }));
    for (const agent of hostileStrings.slice(0, 3)) {
      const { text } = await get('/traffic', { traffic: () => stateWith(offences, agent) });
      for (const hostile of hostileStrings.filter((each) => /[<"]/.test(each)))
        expect(text).not.toContain(hostile);
      await server?.close();
      server = undefined;
    }
  });

  it('is there for programs', async () => {
    const { status, text } = await get('/v1/traffic?top=3', {
      traffic: () => stateWith([offence('203.0.113.7')]),
    });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      following: true,
      board: { view: { requests: 2, statuses: { '4xx': 1 } } },
      offences: [{ rule: 'scanner', subject: { value: '203.0.113.7' } }],
    });
  });
});
