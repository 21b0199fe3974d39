import * as z from 'zod';
import { workerName } from '../worker/protocol.ts';
import { isLoopback } from '../api/loopback.ts';
import { workerKey } from './config-workers.ts';

/** What is sent is signed and not encrypted: only TLS keeps it from others on the way. */
function isPrivate(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && (url.protocol === 'https:' || isLoopback(url.hostname));
}

export const controllerSection = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .refine(isPrivate, 'must be an https address; plain http goes to this machine alone')
      .describe('The controller, such as https://tocsin.example.com.'),
    name: workerName.describe('What this worker is called in the configuration of the controller.'),
    key: workerKey,
    raw: z.boolean().default(false).describe('Whether every record is sent, and none is judged here.'),
    buffer: z
      .strictObject({
        maxMb: z
          .int()
          .min(64)
          .max(1_048_576)
          .default(1024)
          .describe('The most that may wait on the disk for the controller, in megabytes.'),
        whenFull: z
          .enum(['wait', 'drop-oldest'])
          .default('wait')
          .describe(
            'wait: sources are read on when there is room, and HTTP answers 503. drop-oldest: what has waited longest goes; it is counted, and the controller is told.',
          ),
      })
      .prefault({})
      .describe('What waits while the controller is away; it lies in the data folder.'),
  })
  .optional()
  .describe('Where `tocsin worker` sends what it finds (docs/workers.md).');

export type ControllerSettings = NonNullable<z.output<typeof controllerSection>>;
