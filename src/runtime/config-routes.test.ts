import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

const chat = 'channels: { chat: { type: slack, webhookUrl: env:URL } }\n';
const secrets = {
  env: { URL: 'https://hooks.slack.com/services/T/B/x' },
  readFile: () => {
    throw new Error('there are no files');
  },
};
const read = (routes: string) => parseConfig(chat + routes, 'tocsin.yaml', secrets);

describe('routes in the configuration', () => {
  it('are read with their defaults', () => {
    const { routes } = read(`
routes:
  - name: nights
    when: { tocsin.alert.severity: critical }
    during: { from: "18:00", to: "08:00", timeZone: Europe/Berlin }
    to: [chat]
  - { name: rest, to: [] }
`);
    expect(routes).toMatchObject([
      { name: 'nights', during: { from: 1080, to: 480, timeZone: 'Europe/Berlin' }, continue: false },
      { name: 'rest', to: [] },
    ]);
    expect(routes[0]?.during?.days).toHaveLength(7);
  });

  it.each<[name: string, routes: string, message: string]>([
    [
      'a channel that is not there',
      'routes: [{ name: a, to: [chat, mail] }]',
      "tocsin.yaml:2: routes.0.to.1: there is no channel 'mail'; configured are chat",
    ],
    [
      'two routes of one name',
      'routes: [{ name: a, to: [] }, { name: a, to: [] }]',
      'is the name of a route above',
    ],
    [
      'a field that alerts do not have',
      'routes: [{ name: a, to: [], when: { tocsin.exposure.kind: x } }]',
      "there is no field 'tocsin.exposure.kind' here",
    ],
    [
      'a search that is none',
      'routes: [{ name: a, to: [], when: { "tocsin.account|contain": x } }]',
      'contain',
    ],
    [
      'a time zone that is none',
      'routes: [{ name: a, to: [], during: { timeZone: Berlin } }]',
      'must be a time zone',
    ],
    [
      'a time of day that is none',
      'routes: [{ name: a, to: [], during: { from: "8:00" } }]',
      'must be a time of day',
    ],
    [
      'a time past the end of the day',
      'routes: [{ name: a, to: [], during: { to: "24:01" } }]',
      'must be a time of day',
    ],
    [
      'an escalation to who is told already',
      'routes: [{ name: a, to: [chat], escalate: [{ afterMinutes: 5, to: [chat] }] }]',
      'routes.0.escalate.0.to.0: is told by this route already',
    ],
    [
      'an escalation that comes before the step before',
      'routes: [{ name: a, to: [], escalate: [{ afterMinutes: 5, to: [chat] }, { afterMinutes: 5, to: [chat] }] }]',
      'routes.0.escalate.1.afterMinutes: is not later than the step before',
    ],
    [
      'a digest at no time',
      'routes: [{ name: a, to: [chat], digest: {} }]',
      'routes.0.digest: needs either `everyMinutes`, or `at`',
    ],
    [
      'a digest at two kinds of times',
      'routes: [{ name: a, to: [chat], digest: { everyMinutes: 5, at: ["08:00"] } }]',
      'routes.0.digest: needs either `everyMinutes`, or `at`',
    ],
    [
      'a fallback of what waits for a digest',
      'routes: [{ name: a, to: [], digest: { everyMinutes: 5 }, fallback: { to: [chat] } }]',
      'routes.0.fallback: cannot stand beside `digest`',
    ],
    [
      'a fallback that is not there',
      'routes: [{ name: a, to: [chat], fallback: { to: [mail] } }]',
      "routes.0.fallback.to.0: there is no channel 'mail'",
    ],
    [
      'a day that is none',
      'routes: [{ name: a, to: [], during: { days: [friday] } }]',
      'routes.0.during.days.0',
    ],
  ])('refuses %s', (_name, routes, message) => expect(() => read(routes)).toThrow(message));
});
