import type { Alert } from '../alert/alert.ts';
import { isJsonObject, type Json } from '../event/json.ts';
import type { Provenance } from '../event/record.ts';
import { atLeast, type Severity } from '../event/severity.ts';
import { deliver, sendRequest, type Transport } from '../notify/send.ts';
import { bind, type Channel } from '../notify/channel.ts';
import { slack } from '../notify/slack.ts';
import { webhook } from '../notify/webhook.ts';
import { recordItem, type FoundRule } from '../worker/items.ts';
import { workerName } from '../worker/protocol.ts';
import { sendBatch } from '../worker/sender.ts';

/** Where a Lambda worker takes its alerts. */
export interface Destination {
  readonly name: string;
  /** Whether it keeps state, so that it wants the events of which rules over several events and the memory of assets are made, too. */
  readonly correlates: boolean;
  /** Returns what went wrong, one sentence each; empty where everything arrived. */
  readonly send: (alerts: readonly Alert[], invocation: Invocation) => Promise<readonly string[]>;
}

/** What the function was called with, and what its rules found in it. */
export interface Invocation {
  readonly event: Json;
  /** `object` is the id of the request, which is the same when Lambda tries again. */
  readonly from: Provenance;
  readonly found: readonly FoundRule[];
}

/** The settings of the function's environment; documented in docs/lambda.md. */
export const environmentKeys = {
  serverUrl: 'TOCSIN_SERVER_URL',
  serverKey: 'TOCSIN_SERVER_KEY',
  worker: 'TOCSIN_WORKER',
  slackUrl: 'TOCSIN_SLACK_WEBHOOK_URL',
  webhookUrl: 'TOCSIN_WEBHOOK_URL',
  webhookSecret: 'TOCSIN_WEBHOOK_SECRET',
  minSeverity: 'TOCSIN_MIN_SEVERITY',
} as const;

/**
 * Destinations from environment variables: a Tocsin server, Slack, a signed webhook, in any combination.
 * @throws {Error} where a setting is wrong or there is no destination at all: a function that tells nobody is a mistake.
 */
export function destinationsFrom(
  environment: Readonly<Record<string, string | undefined>>,
  transport: Transport,
): readonly Destination[] {
  // Templates set what their user left out to nothing.
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''));
  const destinations: Destination[] = [];
  const { serverUrl, serverKey, worker, slackUrl, webhookUrl, webhookSecret, minSeverity } = environmentKeys;
  const floor = env[minSeverity] === undefined ? {} : { minSeverity: env[minSeverity] };
  const server = env[serverUrl];
  if (server !== undefined)
    destinations.push(
      env[worker] === undefined
        ? serverDestination(server, env[serverKey], transport)
        : controllerDestination(server, env[worker], env[serverKey], transport),
    );
  if (env[slackUrl] !== undefined)
    destinations.push(
      channelDestination(slack, { type: 'slack', webhookUrl: env[slackUrl], ...floor }, transport),
    );
  if (env[webhookUrl] !== undefined)
    destinations.push(
      channelDestination(
        webhook,
        { type: 'webhook', url: env[webhookUrl], secret: env[webhookSecret], ...floor },
        transport,
      ),
    );
  if (destinations.length === 0)
    throw new Error(`alerts have nowhere to go: set ${serverUrl}, ${slackUrl} or ${webhookUrl}`);
  return destinations;
}

/** Channels by themselves and not by their table, so that the bundle holds no other. */
function channelDestination<Settings extends { readonly minSeverity: Severity }>(
  kind: Channel<Settings>,
  raw: object,
  transport: Transport,
): Destination {
  const name = kind.type;
  const parsed = kind.settings.safeParse(raw);
  if (!parsed.success)
    throw new Error(
      `${name}: ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`,
    );
  const { minSeverity } = parsed.data;
  const channel = bind(kind, parsed.data);
  return {
    name,
    correlates: false,
    send: async (alerts) => {
      const problems: string[] = [];
      for (const alert of alerts) {
        if (!atLeast(alert.severity, minSeverity)) continue;
        const answer = await deliver(
          channel,
          alert,
          { idempotencyKey: `${alert.id}-${name}`, link: undefined, now: transport.now() },
          transport,
        );
        if (answer.type !== 'accepted') problems.push(answer.reason);
      }
      return problems;
    },
  };
}

/** @throws {Error} where it is no address */
function checkAddress(address: string): void {
  if (!/^https?:$/.test(URL.parse(address)?.protocol ?? ''))
    throw new Error(
      `${environmentKeys.serverUrl} is not an http or https address; write it as https://tocsin.example.com`,
    );
}

/**
 * Hands the event to a server, which finds the same alerts, keeps them once and tells its own channels. It is also where the state of
 * correlations is kept: one for the functions of all accounts and regions.
 */
function serverDestination(address: string, key: string | undefined, transport: Transport): Destination {
  checkAddress(address);
  const url = `${address.replace(/\/+$/, '')}/v1/events`;
  return {
    name: 'server',
    correlates: true,
    send: async (_, { event }) => {
      const exchange = await sendRequest(
        {
          url,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          },
          body: JSON.stringify(event),
        },
        transport,
      );
      if (exchange.type !== 'response') return [exchange.reason];
      const { status } = exchange.response;
      return status === 200 ? [] : [`the server answered ${status}`];
    },
  };
}

/**
 * The same as a worker that the server knows by its key: signed, with what the rules found, and the name of the worker in every alert. A
 * request of Lambda is a stream of one item, so that an invocation which is tried again counts once.
 */
function controllerDestination(
  address: string,
  name: string,
  key: string | undefined,
  transport: Transport,
): Destination {
  checkAddress(address);
  const { worker, serverKey } = environmentKeys;
  if (!workerName.safeParse(name).success)
    throw new Error(
      `${worker} must be lower-case letters, digits and hyphens, as in the server's configuration`,
    );
  if (key === undefined)
    throw new Error(`${worker} is set, and ${serverKey} is not: a worker signs with its key`);
  return {
    name: 'server',
    correlates: true,
    send: async (_, { event, from, found }) => {
      if (!isJsonObject(event)) return ['the event is no JSON object, which is all that a worker sends'];
      const sent = await sendBatch(
        { url: address, worker: name, key },
        {
          stream: from.object,
          first: 1,
          items: [JSON.stringify(recordItem(event, from, found))],
          ends: true,
        },
        transport,
      );
      return sent.type === 'taken' ? [] : [sent.reason];
    },
  };
}
