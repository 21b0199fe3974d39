import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import type { Alert } from '../../alert/alert.ts';
import { bind, type Answer, type Channel, type DeliveryContext } from '../channel.ts';
import { deliver, type Transport } from '../send.ts';
import {
  correlatedAlert,
  hostileAlert,
  hostileCorrelatedAlert,
  minimalAlert,
  normalAlert,
} from './alerts.ts';
import { stringsIn } from './block-kit.ts';
import {
  startFakeServer,
  type FakeServer,
  type ReceivedRequest,
  type ScriptedAnswer,
} from './fake-server.ts';
import { overKeptConnections } from '../kept-connections.ts';

/** What a test knows of a vendor, written from the vendor's documentation and not from the channel's code. */
export interface Vendor<Settings> {
  readonly channel: Channel<Settings>;
  /** Settings for a base address: the vendor's own for recorded requests, a server on loopback for the others. */
  readonly settings: (base: string) => object;
  readonly base: string;
  /** The documented body, strictly: what the vendor refuses or cuts, and keys that it does not name, are problems. */
  readonly body: z.ZodType;
  readonly maxBytes: number;
  readonly method: 'POST' | 'PUT';
  /** Path and query. */
  readonly path: string | RegExp;
  readonly authorization?: string | undefined;
  readonly accepted: Extract<ScriptedAnswer, { type: 'answer' }>;
  /** What the vendor answers to a wrong secret. */
  readonly unauthorised: Extract<ScriptedAnswer, { type: 'answer' }>;
  /** Every place in a body where the vendor would act on text instead of showing it; left out for stores, which keep texts as a log has them. */
  readonly live?: (body: unknown) => readonly string[];
}

const now = Date.UTC(2026, 10, 21, 12, 5, 0);
const context = {
  idempotencyKey: 'delivery-1',
  link: 'https://tocsin.example/alerts/5d41402abc4b2a76b9719d911017c592',
  now,
};

const alerts: readonly [string, Alert, string | undefined][] = [
  ['normal', normalAlert, context.link],
  ['minimal', minimalAlert, undefined],
  ['hostile', hostileAlert, context.link],
  ['correlated', correlatedAlert, context.link],
  ['correlated-hostile', hostileCorrelatedAlert, context.link],
];

/** What every channel owes to its vendor and to the outbox. */
export function testChannel<Settings>(vendor: Vendor<Settings>): void {
  const { channel, accepted } = vendor;
  const bound = (base: string) => bind(channel, channel.settings.parse(vendor.settings(base)));
  const rendered = (alert: Alert, how: DeliveryContext) =>
    channel.render(alert, channel.settings.parse(vendor.settings(vendor.base)), how);

  const problemsOf = ({ method, path, headers, body }: ReceivedRequest): readonly string[] => {
    const expected = typeof vendor.path === 'string' ? path === vendor.path : vendor.path.test(path);
    const parsed = vendor.body.safeParse(JSON.parse(body));
    const length = Buffer.byteLength(body);
    return [
      ...(method === vendor.method ? [] : [`method ${method}`]),
      ...(expected ? [] : [`path ${path}`]),
      ...(headers.authorization === vendor.authorization ? [] : ['authorization']),
      ...(headers['content-type']?.startsWith('application/json') === true ? [] : ['content-type']),
      ...(length <= vendor.maxBytes ? [] : [`${length} bytes`]),
      ...(parsed.error?.issues ?? []).map(({ path: at, message }) => `${at.join('.')}: ${message}`),
    ];
  };

  describe(`a request to ${channel.type}`, () => {
    it.each(alerts)(
      'for a %s alert is as recorded, and does nothing but say things',
      async (name, alert, link) => {
        const { body, ...request } = rendered(alert, { ...context, link });
        const parsed: unknown = JSON.parse(body);
        const never = vendor.live === undefined ? /\p{Cs}/u : /[^\P{Cc}\n]|[\p{Cs}\p{Bidi_C}]/u;
        expect(vendor.live?.(parsed) ?? []).toEqual([]);
        expect(stringsIn(parsed).filter((text) => never.test(text))).toEqual([]);
        await expect(`${JSON.stringify({ ...request, body: parsed }, undefined, 2)}\n`).toMatchFileSnapshot(
          `golden/${channel.type}-${name}.json`,
        );
      },
    );

    it('is the same for every attempt', () => {
      const later = rendered(normalAlert, { ...context, now: now + 3_600_000 });
      expect(later).toEqual(rendered(normalAlert, context));
    });
  });

  describe(`a delivery to ${channel.type}`, () => {
    let server: FakeServer;
    let problems: string[] = [];
    beforeAll(async () => {
      server = await startFakeServer((request) => {
        const found = problemsOf(request);
        problems.push(...found);
        return found.length === 0 ? accepted : { type: 'answer', status: 400, body: found.join('\n') };
      });
    });
    afterAll(() => server.close());

    const transport: Transport = { fetch: overKeptConnections, timeoutMs: 60_000, now: () => now };
    const send = (alert: Alert = normalAlert, how = transport, link: string | undefined = context.link) =>
      deliver(bound(server.url), alert, { ...context, link }, how);
    const after = (answer: ScriptedAnswer): Promise<Answer> => {
      server.answerNext(answer);
      return send();
    };

    it.each(alerts)('is taken by a strict reader of its documentation: %s', async (_name, alert, link) => {
      problems = [];
      const answer = await send(alert, transport, link);
      expect({ answer: answer.type, problems }).toEqual({ answer: 'accepted', problems: [] });
    });

    it('stays alive where the secret is wrong', async () => {
      expect((await after(vendor.unauthorised)).type).toBe('closed');
    });

    it('waits as long as a rate limit says', async () => {
      const answer = await after({ type: 'answer', status: 429, headers: { 'retry-after': '30' } });
      expect(answer).toMatchObject({ type: 'later', afterMs: 30_000 });
    });

    it.each([500, 502, 503])('is tried again after HTTP %i', async (status) => {
      expect((await after({ type: 'answer', status, body: '<html>' })).type).toBe('later');
    });

    it('is tried again after a cut connection and after silence', async () => {
      expect((await after({ type: 'reset' })).type).toBe('later');
      server.answerNext({ type: 'hang' });
      const silence = await send(normalAlert, { ...transport, timeoutMs: 100 });
      expect(JSON.stringify(silence)).toMatch(/"later".*no answer within/);
    });

    it.each([400, 401, 403, 404, 409, 413, 422, 429, 500])(
      'ends in a reason that quotes nothing of an answer HTTP %i',
      async (status) => {
        const word = 'xoxb-secret <!channel>';
        const body = JSON.stringify({ message: word, error: { code: word, type: word }, errors: [word] });
        const answer = await after({ type: 'answer', status, body });
        expect(JSON.stringify(answer)).not.toMatch(/xoxb|<!/);
        expect(answer.type).not.toBe('accepted');
      },
    );
  });
}

/** Addresses that a program would make a link of, other than the alert's own page. */
export function liveLinks(body: unknown): readonly string[] {
  return stringsIn(body)
    .flatMap((text) => text.match(/\bhttps?:\/\/\S*|\bwww\.\w\S*/gi) ?? [])
    .filter((link) => !link.startsWith('https://tocsin.example/'));
}
