import type { Alert } from '../alert/alert.ts';
import type { Json } from '../event/json.ts';
import { atLeast, type Severity } from '../event/severity.ts';
import { deliver, sendRequest, type Transport } from '../notify/send.ts';
import { bind, type Channel } from '../notify/channel.ts';
import { slack } from '../notify/slack.ts';
import { webhook } from '../notify/webhook.ts';

/** Where a Lambda worker takes its alerts. */
export interface Destination {
  readonly name: string;
  /** Whether it keeps state, so that it wants the events of which rules over several events and the memory of assets are made, too. */
  readonly correlates: boolean;
  /** Returns what went wrong, one sentence each; empty where everything arrived. */
  readonly send: (alerts: readonly Alert[], event: Json) => Promise<readonly string[]>;
}

/** The settings of the function's environment; documented in docs/lambda.md. */
export const environmentKeys = {
  serverUrl: 'TOCSIN_SERVER_URL',
  serverKey: 'TOCSIN_SERVER_KEY',
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
  const { serverUrl, serverKey, slackUrl, webhookUrl, webhookSecret, minSeverity } = environmentKeys;
  const floor = env[minSeverity] === undefined ? {} : { minSeverity: env[minSeverity] };
  const server = env[serverUrl];
  if (server !== undefined) destinations.push(serverDestination(server, env[serverKey], transport));
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

/**
 * Hands the event to a server, which finds the same alerts, keeps them once and tells its own channels. It is also where the state of
 * correlations is kept: one for the functions of all accounts and regions.
 */
function serverDestination(address: string, key: string | undefined, transport: Transport): Destination {
  if (!/^https?:$/.test(URL.parse(address)?.protocol ?? ''))
    throw new Error(
      `${environmentKeys.serverUrl} is not an http or https address; write it as https://tocsin.example.com`,
    );
  const url = `${address.replace(/\/+$/, '')}/v1/events`;
  return {
    name: 'server',
    correlates: true,
    send: async (_, event) => {
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
