import * as z from 'zod';

const milliseconds = z.number().describe('Milliseconds since the epoch.');
const address = z.string().min(1).max(50).describe('An address, or a network in CIDR notation.');
const reason = z.string().min(1).max(1_000).describe('Why, for those who read the audit log.');
const limit = z.coerce.number().int().min(1).max(500).default(50).describe('How many at most.');
const cursor = z.string().min(1).max(2_000).optional().describe("'next' of the page before.");

export const blockSchema = z
  .object({
    id: z.string(),
    address: z.string().describe('An address, or a network in CIDR notation.'),
    state: z.enum(['active', 'expired', 'removed', 'approved']),
    rule: z.string().describe("The rule that led to it; 'operator' where a person did."),
    reason: z.string(),
    evidence: z
      .array(
        z.object({
          time: milliseconds,
          client: z.string(),
          method: z.string(),
          host: z.string(),
          target: z.string().describe('Path and query.'),
          status: z.number(),
          agent: z.string(),
          object: z.string().describe('The file or object of the log.'),
          position: z.number().describe('Byte offset in it, unpacked.'),
        }),
      )
      .readonly(),
    first: milliseconds,
    last: milliseconds,
    count: z.number().describe('Requests counted.'),
    decidedAt: milliseconds,
    decidedBy: z.string(),
    expiresAt: milliseconds,
    secondsLeft: z.int(),
    times: z.int().describe('How many times it was blocked, this one included, as far as is remembered.'),
    ended: z.object({ at: milliseconds, by: z.string(), reason: z.string() }).optional(),
  })
  .describe('A block. Strings come from logs and can hold anything.');

export const approvalSchema = z.object({
  network: z.string(),
  kind: z.enum(['approved', 'shared']),
  source: z.string().describe("'operator', or the list that it comes from."),
  reason: z.string().optional(),
  by: z.string(),
  at: milliseconds,
});

export const auditLineSchema = z.object({
  sequence: z.int(),
  time: milliseconds,
  action: z.string(),
  by: z.string(),
  subject: z.string().describe('The network, list or target that it is about.'),
  block: z.string().optional().describe('Id of the block.'),
  detail: z.string(),
  phase: z.enum(['done', 'intended', 'confirmed', 'failed']),
  settledAt: z.number().optional().describe('When it was confirmed or failed.'),
  outcome: z.string().optional().describe('Why it failed.'),
});

export const blockQuerySchema = z.strictObject({
  state: z
    .enum(['active', 'expired', 'removed', 'approved', 'any'])
    .default('active')
    .describe('Only blocks of this state.'),
  address: address.optional(),
  cursor,
  limit,
});

export const auditQuerySchema = z.strictObject({ address: address.optional(), cursor, limit });

export const networkBody = z.strictObject({ address, reason });
export const blockBody = z.strictObject({
  address,
  reason,
  minutes: z
    .int()
    .min(1)
    .max(60 * 24 * 366)
    .optional()
    .describe('How long, from now on; as long as the configuration says where it is left out.'),
});
