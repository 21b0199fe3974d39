import * as z from 'zod';
import { mostKeys } from '../worker/signature.ts';
import { workerName } from '../worker/protocol.ts';

/** A key of a worker, as long as what it signs with is strong: 256 bits in hex or base64 are longer. */
export const workerKey = z
  .string()
  .min(32, 'must have at least 32 characters; `openssl rand -hex 32` makes one')
  .meta({ description: 'A key that worker and controller share.', secret: true });

const worker = z.strictObject({
  name: workerName.describe('What the worker calls itself; shown in alerts.'),
  keys: z
    .array(workerKey)
    .min(1, 'must have at least one key')
    .max(
      mostKeys,
      `must not have more than ${mostKeys} keys: one that is valid, and the one that takes its place`,
    )
    .describe(
      'Its keys. With two, either is valid: add the new one here, change it at the worker, then take the old one out.',
    ),
  accounts: z
    .array(z.string().regex(/^\d{12}$/, 'must be the 12 digits of an AWS account, in quotes'))
    .min(1)
    .optional()
    .describe('The accounts that it may speak for. Without this, all.'),
});

export const workersSection = z
  .array(worker)
  .default([])
  .superRefine((workers, context) => {
    const names = workers.map(({ name }) => name);
    for (const [index, name] of names.entries())
      if (names.indexOf(name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `is there twice: ${name}` });
  })
  .describe('Workers elsewhere that may send what they find to this server (docs/workers.md).');

export type WorkerSettings = z.output<typeof worker>;
