import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { changedEvent, createdEvent, isoTime } from './alert-event.ts';
import { awsAnswer, awsSettings, clientSettings, once, regionOf } from './aws.ts';
import type { Answer, DeliveryContext, Means, Sender } from './channel.ts';
import { sharedSettings } from './settings.ts';

/**
 * Amazon EventBridge: one event an alert. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html; an
 * entry has 262,144 bytes at most, by the sum of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html.
 */

export const eventbridgeSettings = z.strictObject({
  type: z.literal('eventbridge').describe('Events on a bus of Amazon EventBridge.'),
  ...sharedSettings,
  eventBus: z
    .string()
    .regex(
      /^(?:[\w./-]{1,256}|arn:aws[\w-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]{1,256})$/,
      'is no name or ARN of an event bus',
    )
    .default('default')
    .describe('Name or ARN of the event bus.'),
  source: z
    .string()
    .regex(/^(?!aws\.)[\w.-]{1,256}$/, 'is no source that others than AWS may use')
    .default('tocsin')
    .describe('`source` of the events, which rules of EventBridge match.'),
  changes: z
    .boolean()
    .default(true)
    .describe('Tell also when the status, the severity or the count of an alert changes.'),
  ...awsSettings,
});

export type EventbridgeSettings = z.output<typeof eventbridgeSettings>;

const maxBytes = 240_000;

/** An entry of `PutEvents`, pure. */
export function eventbridgeEntry(
  alert: Alert,
  settings: EventbridgeSettings,
  context: DeliveryContext,
  change?: string,
) {
  const time = isoTime(alert.time);
  return {
    EventBusName: settings.eventBus,
    Source: settings.source,
    DetailType: change === undefined ? 'Tocsin alert created' : 'Tocsin alert changed',
    Detail: change ?? createdEvent(alert, context, maxBytes),
    // EventBridge takes no time before 1970 and none that is far ahead of its own clock.
    ...(time === undefined || alert.time < 0 || alert.time > context.now ? {} : { Time: new Date(time) }),
  };
}

export const eventbridge = {
  type: 'eventbridge' as const,
  settings: eventbridgeSettings,

  open(settings: EventbridgeSettings): Sender {
    const client = once(async () => {
      const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
      return {
        client: new EventBridgeClient(clientSettings(settings, regionOf(settings.eventBus))),
        PutEventsCommand,
      };
    });
    const put = (entry: ReturnType<typeof eventbridgeEntry>, means: Means): Promise<Answer> =>
      awsAnswer('EventBridge', settings.endpoint, means, async () => {
        const sdk = await client();
        const { Entries } = await sdk.client.send(new sdk.PutEventsCommand({ Entries: [entry] }), {
          abortSignal: means.signal,
        });
        const [result] = Entries ?? [];
        if (result?.EventId !== undefined) return { type: 'accepted', receipt: { eventId: result.EventId } };
        return entryFailure(result?.ErrorCode ?? '');
      });
    return {
      most: 10,
      send: (messages, means) =>
        Promise.all(
          messages
            .map(({ alert, context }) => eventbridgeEntry(alert, settings, context))
            .map((entry) => put(entry, means)),
        ),
      ...(settings.changes
        ? {
            follow: ({ alert, context }, means) =>
              put(eventbridgeEntry(alert, settings, context, changedEvent(alert, context)), means),
          }
        : {}),
    };
  },
};

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html */
function entryFailure(code: string): Answer {
  const says = `EventBridge says ${/^[A-Za-z]{2,60}$/.test(code) ? code : 'that the event failed'}`;
  if (/AccessDenied|NotAuthorized|NotFound/.test(code))
    return { type: 'closed', reason: `${says}; check \`eventBus\` and the right events:PutEvents` };
  return /Malformed|InvalidArgument/.test(code)
    ? { type: 'refused', reason: `${says}: this event is not taken` }
    : { type: 'later', reason: says };
}
