import { z } from 'zod';
import { hoursInWeek } from './baseline.ts';

const slots = z.array(z.number()).length(hoursInWeek);
const baseline = z.object({ mean: slots, variance: slots, weeks: slots });
/** 4,096 bytes. */
const registers = z.base64().length(5_464);

const schema = z.object({
  version: z.literal(1),
  firstHour: z.number().nullable(),
  closedTo: z.number().nullable(),
  late: z.number(),
  series: z.record(z.string(), baseline),
  open: z
    .array(
      z.object({
        hour: z.number(),
        requests: z.number(),
        clientErrors: z.number(),
        serverErrors: z.number(),
        sent: z.number(),
        withSent: z.number(),
        clients: registers,
      }),
    )
    .max(64),
});

/** What is usual, and the hours that are not over, as plain data for a store. */
export type AnomalyState = z.infer<typeof schema>;

/** What was stored; undefined where it is of another version or damaged: then learning begins anew. */
export function readAnomalyState(stored: unknown): AnomalyState | undefined {
  return schema.safeParse(stored).data;
}
