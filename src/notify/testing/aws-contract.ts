import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../alert/alert.ts';
import type { Answer, BoundChannel, DeliveryContext, FollowUpContext } from '../channel.ts';
import { deliver, deliverAll, type Transport } from '../send.ts';
import { bindSettings, channelSettings } from '../table.ts';
import {
  correlatedAlert,
  hostileAlert,
  hostileCorrelatedAlert,
  minimalAlert,
  normalAlert,
} from './alerts.ts';
import { stringsIn } from './block-kit.ts';
import { startFakeServer, type FakeServer } from './fake-server.ts';
import { overKeptConnections } from '../kept-connections.ts';

/** What a test knows of a channel that speaks through the AWS SDK. */
export interface AwsVendor {
  readonly type: string;
  /** Settings, with the endpoint to speak to. */
  readonly settings: (endpoint: string) => object;
  /** What is handed to the SDK, for the recorded files and the checks on every string in it. */
  readonly input: (alert: Alert, context: DeliveryContext) => unknown;
  /** Everything in such an input that the service refuses or cuts, by its documentation. */
  readonly problems: (input: unknown) => readonly string[];
  /** An answer with an error of this code, as the protocol of the service has it. */
  readonly error: (code: string) => {
    readonly body: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

const now = Date.UTC(2026, 10, 21, 12, 5, 0);
export const context: DeliveryContext = {
  idempotencyKey: 'delivery-1',
  link: 'https://tocsin.example/alerts/5d41402abc4b2a76b9719d911017c592',
  now,
};
export const transport: Transport = { fetch: overKeptConnections, timeoutMs: 60_000, now: () => now };

/** A context for a message that an alert was resolved, with the receipt of the first one. */
export function resolvedContext(receipt: Readonly<Record<string, string>> = {}): FollowUpContext {
  return {
    ...context,
    idempotencyKey: 'delivery-1-1',
    standing: {
      status: 'resolved',
      severity: 'high',
      count: 3,
      by: 'slack:U1',
      reason: '<!channel> \u202efixed',
    },
    told: { standing: { status: 'open', severity: 'critical', count: 1 }, receipt },
  };
}

export const recordedAlerts: readonly (readonly [string, Alert, string | undefined])[] = [
  ['normal', normalAlert, context.link],
  ['minimal', minimalAlert, undefined],
  ['hostile', hostileAlert, context.link],
  ['correlated', correlatedAlert, context.link],
  ['correlated-hostile', hostileCorrelatedAlert, context.link],
];

export const boundTo = (settings: object): BoundChannel => bindSettings(channelSettings.parse(settings));

/** What every channel through the SDK owes to AWS and to the outbox; a test beside it delivers to a stand-in for AWS. */
export function testAwsChannel(vendor: AwsVendor): void {
  describe(`an input to ${vendor.type}`, () => {
    it.each(recordedAlerts)('for a %s alert is as recorded, and fits', async (name, alert, link) => {
      const input = vendor.input(alert, { ...context, link });
      expect(vendor.problems(input)).toEqual([]);
      expect(stringsIn(input).filter((text) => /[\p{Cs}\ufffe\uffff]/u.test(text))).toEqual([]);
      await expect(`${JSON.stringify(input, undefined, 2)}\n`).toMatchFileSnapshot(
        `golden/${vendor.type}-${name}.json`,
      );
    });
  });

  describe(`a delivery by the SDK to ${vendor.type}`, () => {
    let server: FakeServer;
    let channel: BoundChannel;
    beforeAll(async () => {
      server = await startFakeServer(() => ({ type: 'answer', status: 500 }));
      channel = boundTo(vendor.settings(server.url));
    });
    afterAll(() => server.close());

    const send = (how: Transport = transport): Promise<Answer> => deliver(channel, normalAlert, context, how);

    it.each([
      ['later', 400, 'ThrottlingException'],
      ['later', 500, 'InternalFailure'],
      ['later', 503, 'ServiceUnavailable'],
      ['closed', 403, 'AccessDeniedException'],
      ['closed', 403, 'UnrecognizedClientException'],
      ['closed', 400, 'ExpiredTokenException'],
      ['closed', 400, 'ResourceNotFoundException'],
      ['refused', 400, 'ValidationException'],
    ])('ends as %s after HTTP %i %s, and quotes nothing of the answer', async (type, status, code) => {
      const { body, headers = {} } = vendor.error(code);
      server.answerNext({ type: 'answer', status, headers, body });
      const answer = await send();
      expect(JSON.stringify(answer)).not.toMatch(/secret|<!/);
      expect(answer.type).toBe(type);
      expect(JSON.stringify(answer)).toContain(code);
    });

    it('is tried again after garbage, a cut connection and silence, each asked once', async () => {
      const before = server.requests.length;
      server.answerNext({ type: 'answer', status: 502, body: '<html>secret</html>' });
      expect((await send()).type).toBe('later');
      server.answerNext({ type: 'reset' });
      expect((await send()).type).toBe('later');
      server.answerNext({ type: 'hang' });
      expect(JSON.stringify(await send({ ...transport, timeoutMs: 300 }))).toMatch(
        /"later".*no answer within/,
      );
      expect(server.requests.length - before).toBe(3);
    });

    it('goes to no address of this machine where that is not allowed', async () => {
      const before = server.requests.length;
      const answer = await send({ ...transport, allowPrivateAddresses: false });
      expect(answer.type).toBe('closed');
      expect(JSON.stringify(answer)).toContain('private or local');
      expect(server.requests.length).toBe(before);
    });
  });
}

/** The alerts that are sent to a stand-in for AWS: those of ordinary size, since the others are held against the documentation above. */
export const sentAlerts = recordedAlerts.filter(([name]) => !name.includes('hostile'));

/** All of them at once. */
export async function deliverRecorded(channel: BoundChannel): Promise<readonly Answer[]> {
  return deliverAll(
    channel,
    sentAlerts.map(([name, alert, link]) => ({
      alert,
      context: { ...context, idempotencyKey: `delivery-${name}`, link },
    })),
    transport,
  );
}
