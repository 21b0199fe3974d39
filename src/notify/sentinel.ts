import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { isoTime } from './alert-event.ts';
import type {
  Answer,
  ChannelRequest,
  ChannelResponse,
  DeliveryContext,
  Means,
  Message,
  Sender,
} from './channel.ts';
import { jsonBody } from './json-answer.ts';
import { detectionFinding } from './ocsf.ts';
import { readStatus } from './send.ts';
import { checkAddress, joined, secretText, sharedSettings } from './settings.ts';
import { sendTogether } from './together.ts';
import { severityLook, titleOf } from './words.ts';
import { line } from './safe-text.ts';
import { wellFormedJson } from './well-formed.ts';

/**
 * Microsoft Sentinel, over the Logs Ingestion API of Azure Monitor: rows of a custom table in a Log Analytics workspace.
 * https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview (request, limits: 1 MB a call)
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow (token)
 */

export const sentinelSettings = z.strictObject({
  type: z
    .literal('sentinel')
    .describe('Rows in Microsoft Sentinel, by the Logs Ingestion API of Azure Monitor.'),
  ...sharedSettings,
  tenant: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'is no tenant')
    .describe('Id or name of the Entra tenant.'),
  clientId: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'is no id of an application')
    .describe('Id of the app registration.'),
  clientSecret: secretText('Client secret of the app registration.'),
  endpoint: z
    .string()
    .superRefine(checkAddress)
    .describe(
      'Logs ingestion endpoint of the data collection rule or endpoint, such as https://NAME.eastus-1.ingest.monitor.azure.com.',
    ),
  rule: z
    .string()
    .regex(/^dcr-[\w-]{1,100}$/, 'is no immutable id of a data collection rule; it begins with dcr-')
    .describe('Immutable id of the data collection rule.'),
  stream: z
    .string()
    .regex(/^[\w-]{1,100}$/, 'is no name of a stream')
    .default('Custom-TocsinAlerts_CL')
    .describe('Name of the stream in that rule.'),
  loginUrl: z
    .string()
    .superRefine(checkAddress)
    .default('https://login.microsoftonline.com')
    .describe('Where tokens come from; https://login.microsoftonline.us for Azure Government.'),
  scope: z
    .string()
    .regex(/^https:\/\/[\w./-]{1,200}$/, 'is no scope')
    .default('https://monitor.azure.com/.default')
    .describe('What the token is asked for; another one in national clouds.'),
  changes: z
    .boolean()
    .default(true)
    .describe('Send a row also when the status, the severity or the count of an alert changes.'),
});

export type SentinelSettings = z.output<typeof sentinelSettings>;

const mostBytes = 900_000;

/** A row, pure. `Finding` is of OCSF, for what has no column. */
export function sentinelRow(alert: Alert, context: DeliveryContext, isChange: boolean): object {
  const { who, what, where, rule } = alert;
  const text = (value: string | undefined) => line(value ?? '', 1000);
  const standing = context.standing;
  return {
    TimeGenerated: isoTime(alert.time) ?? isoTime(alert.decidedAt) ?? new Date(0).toISOString(),
    AlertId: alert.id,
    Change: isChange,
    Status: standing?.status ?? 'open',
    Severity: standing?.severity ?? alert.severity,
    SeverityWord: severityLook[standing?.severity ?? alert.severity].word,
    Count: standing?.count ?? 1,
    Title: text(titleOf(alert)),
    News: text(alert.news?.sentence),
    RuleId: text(rule.id),
    RuleTitle: text(rule.title),
    Account: text(where.account),
    Region: text(where.region),
    Actor: text(who.name),
    ActorArn: text(who.arn),
    SourceAddress: where.origin.type === 'address' ? text(where.origin.address) : '',
    Service: text(what.service),
    Action: text(what.action),
    Result: what.result,
    Techniques: alert.techniques
      .slice(0, 20)
      .map(({ id }) => line(id, 40))
      .join(','),
    Link: context.link ?? '',
    Finding: detectionFinding(alert, context, isChange),
  };
}

export const sentinel = {
  type: 'sentinel' as const,
  settings: sentinelSettings,

  open(settings: SentinelSettings): Sender {
    let token: { readonly value: string; readonly until: number } | undefined;

    /** A token, or why there is none. Kept until shortly before it ends. */
    async function signIn(
      now: number,
      means: Means,
    ): Promise<string | Exclude<Answer, { type: 'accepted' }>> {
      if (token !== undefined && now < token.until) return token.value;
      const exchange = await means.exchange(tokenRequest(settings));
      if (exchange.type !== 'response') return exchange;
      const { response } = exchange;
      const data = response.status === 200 ? jsonBody(response.body, tokenSchema) : undefined;
      if (data === undefined) return tokenFailure(response);
      token = { value: data.access_token, until: now + (data.expires_in - 120) * 1000 };
      return token.value;
    }

    async function post(
      rows: readonly string[],
      now: number,
      means: Means,
      isRepeat = false,
    ): Promise<Answer> {
      const kept = isRepeat ? undefined : token?.value;
      const signedIn = await signIn(now, means);
      if (typeof signedIn !== 'string') return signedIn;
      const exchange = await means.exchange({
        url: joined(
          settings.endpoint,
          `/dataCollectionRules/${settings.rule}/streams/${settings.stream}?api-version=2023-01-01`,
        ),
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${signedIn}` },
        body: `[${rows.join(',')}]`,
      });
      if (exchange.type !== 'response') return exchange;
      if (exchange.response.status !== 401) return readStatus(exchange.response);
      // Only the token that was refused: calls beside this one may have signed in meanwhile.
      if (token?.value === signedIn) token = undefined;
      // A token may be taken back before its time, and that is no fault of the settings; a new one that is refused is.
      return signedIn === kept ? post(rows, now, means, true) : readStatus(exchange.response);
    }

    const rowOf = ({ alert, context }: Message, isChange: boolean): string =>
      wellFormedJson(sentinelRow(alert, context, isChange));
    return {
      most: 50,
      send: async (messages, means) => {
        const answers: Answer[] = [];
        const rows = messages.map((message) => rowOf(message, false));
        const now = messages[0]?.context.now ?? 0;
        for (const batch of batches(rows))
          answers.push(...(await sendTogether(batch, means, (some) => post(some, now, means))));
        return answers;
      },
      ...(settings.changes
        ? { follow: (message, means) => post([rowOf(message, true)], message.context.now, means) }
        : {}),
    };
  },
};

/** In order, each with as many rows as one call takes. */
function batches(rows: readonly string[]): readonly (readonly string[])[] {
  const made: string[][] = [];
  let room = 0;
  for (const row of rows) {
    const bytes = Buffer.byteLength(row) + 1;
    const last = made.at(-1);
    if (last === undefined || bytes > room) {
      made.push([row]);
      room = mostBytes - bytes;
    } else {
      last.push(row);
      room -= bytes;
    }
  }
  return made;
}

function tokenRequest({ loginUrl, tenant, clientId, clientSecret, scope }: SentinelSettings): ChannelRequest {
  return {
    url: joined(loginUrl, `/${tenant}/oauth2/v2.0/token`),
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope,
    }).toString(),
  };
}

function tokenFailure(response: ChannelResponse): Exclude<Answer, { type: 'accepted' }> {
  const { status } = response;
  if (status === 400 || status === 401)
    return {
      type: 'closed',
      reason: `HTTP ${status} from the sign-in of Azure; check \`tenant\`, \`clientId\`, \`scope\`, and whether \`clientSecret\` has expired`,
    };
  const answer = readStatus(response);
  return answer.type === 'accepted'
    ? { type: 'later', reason: `HTTP ${status} from the sign-in of Azure without a token; check for a proxy` }
    : answer;
}

const tokenSchema = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,10000}$/),
  expires_in: z.number().min(0).max(100_000_000),
});
