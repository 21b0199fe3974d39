import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { digestQueue } from '../alert/schedule.ts';
import type { Store } from '../store/store.ts';
import { fromStore, problems } from './problem.ts';

/** How a configured channel does, as this server sees it. */
export interface ChannelStatus {
  readonly name: string;
  readonly type: string;
  readonly state: 'closed' | 'open' | 'half-open';
  readonly failuresInRow: number;
  readonly failingSince?: number | undefined;
  readonly pausedUntil?: number | undefined;
  readonly reason?: string | undefined;
  readonly messagesPerMinute?: number | undefined;
}

const milliseconds = z.number().describe('Milliseconds since the epoch.');

const statusSchema = z.object({
  name: z.string(),
  type: z.string(),
  state: z
    .enum(['closed', 'open', 'half-open'])
    .describe(
      'Of the breaker. closed: messages go through. open: after failures in a row nothing is sent for a while. half-open: one message tries whether the receiver is back.',
    ),
  failuresInRow: z.int(),
  failingSince: milliseconds.optional(),
  pausedUntil: milliseconds.optional().describe('Nothing is sent before this.'),
  reason: z.string().optional().describe('The last failure.'),
  messagesPerMinute: z.number().optional().describe('At most so many are sent.'),
  owed: z.int().describe('Deliveries not yet made.'),
});

/** `GET /v1/channels` */
export function channelRoutes(
  parent: FastifyInstance,
  { store, channels }: { readonly store: Store; readonly channels: () => readonly ChannelStatus[] },
): void {
  parent.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v1/channels',
    config: { need: 'read' },
    schema: {
      operationId: 'listChannels',
      summary: 'How each channel does, and what it is owed',
      response: {
        200: z
          .object({
            channels: z.array(statusSchema).readonly(),
            gone: z
              .record(z.string(), z.int())
              .describe('Deliveries owed to channels that are no longer configured, by name.'),
          })
          .describe('As this server sees it: each server has breakers of its own.'),
        ...problems({
          401: 'No key, or none that may read.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async () => {
      const owed = await fromStore(() => store.owed());
      const known = channels();
      const names = new Set(known.flatMap(({ name }) => [name, digestQueue(name)]));
      return {
        channels: known.map((channel) => ({
          ...channel,
          owed: (owed[channel.name] ?? 0) + (owed[digestQueue(channel.name)] ?? 0),
        })),
        gone: Object.fromEntries(Object.entries(owed).filter(([name]) => !names.has(name))),
      };
    },
  });
}
