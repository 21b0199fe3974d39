import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { Answer, ChannelRequest, ChannelResponse, DeliveryContext } from './channel.ts';
import { fittedAlert } from './fitted-alert.ts';
import { jsonBody } from './json-answer.ts';
import { readStatus } from './send.ts';
import { allowHttp, checkUrl, joined, secretText, sharedSettings } from './settings.ts';
import { wellFormedJson } from './well-formed.ts';

/**
 * Splunk, over its HTTP Event Collector: the whole alert as one event.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector (request)
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector#Possible_error_codes (answers)
 */

export const splunkSettings = z
  .strictObject({
    type: z.literal('splunk').describe('Events in Splunk, over the HTTP Event Collector.'),
    ...sharedSettings,
    url: z
      .string()
      .describe(
        'Base address of the collector, such as https://splunk.example.com:8088 or https://http-inputs-NAME.splunkcloud.com.',
      ),
    token: secretText('Token of the HTTP Event Collector.').regex(
      /^[\w-]+$/,
      'holds characters that no token of Splunk has',
    ),
    index: z
      .string()
      .regex(/^[a-z0-9_][a-z0-9_-]*$/, 'is no name of an index')
      .optional()
      .describe("Index to write to; without it the token's own."),
    sourcetype: z.string().min(1).max(200).default('tocsin:alert').describe('Source type of the events.'),
    allowHttp,
    maxBytes: z
      .int()
      .min(65_536)
      .default(262_144)
      .describe('Largest event in bytes. A bigger alert goes without its raw event, and says so.'),
  })
  .superRefine(checkUrl);

export type SplunkSettings = z.output<typeof splunkSettings>;

export const splunk = {
  type: 'splunk' as const,
  settings: splunkSettings,

  render(alert: Alert, settings: SplunkSettings, context: DeliveryContext): ChannelRequest {
    const time = Number.isFinite(alert.time) ? alert.time : alert.decidedAt;
    const body = fittedAlert(alert, settings.maxBytes, (data, shortened) =>
      wellFormedJson({
        time: time / 1000,
        source: 'tocsin',
        sourcetype: settings.sourcetype,
        ...(settings.index === undefined ? {} : { index: settings.index }),
        event: { alert: data, link: context.link ?? null, shortened },
        // Indexed, so that a repeat is found by them without reading the event.
        fields: { alert_id: alert.id, severity: alert.severity },
      }),
    );
    return {
      url: joined(settings.url, '/services/collector/event'),
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Splunk ${settings.token}` },
      body,
    };
  },

  read(response: ChannelResponse): Answer {
    const code = jsonBody(response.body, answerSchema)?.code;
    const { status } = response;
    if (status === 200 && code !== 0) {
      return {
        type: 'later',
        reason: "HTTP 200 with an answer that is not Splunk's; check for a proxy and `url`",
      };
    }
    const way = status >= 400 && status < 500 && code !== undefined ? closedCodes[code] : undefined;
    return way === undefined
      ? readStatus(response)
      : { type: 'closed', reason: `HTTP ${status}, code ${code} of Splunk: ${way}` };
  },
};

const answerSchema = z.object({ code: z.int() });
const closedCodes: Readonly<Record<number, string>> = {
  1: 'the token is disabled; enable it',
  2: 'no token arrived; look for a proxy that takes the header away',
  3: 'the token has the wrong form',
  4: 'the token is unknown; check `token`',
  7: 'the token may not write to the index; check `index` and the allowed indexes of the token',
  10: 'the token wants acknowledgements of the indexer, which need a second request; switch them off for this token',
  11: 'the token wants acknowledgements of the indexer, which need a second request; switch them off for this token',
};
