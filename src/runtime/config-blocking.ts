import * as z from 'zod';
import { severities } from '../event/severity.ts';
import { parseIpSetArn } from '../respond/waf.ts';
import { defaultBlockPolicy, type BlockPolicy } from '../web/block.ts';
import { parseNetwork } from '../web/network.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const { comeback, widest } = defaultBlockPolicy;

const network = z
  .string()
  .refine(
    (text) => parseNetwork(text) !== undefined,
    'must be an address or a network such as 198.51.100.0/24',
  );
const ipSet = z
  .string()
  .refine(
    (text) => parseIpSetArn(text) !== undefined,
    'must be the ARN of an IP set, such as arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/NAME/ID; global ones live in us-east-1',
  );
const minutes = z
  .int()
  .min(1)
  .max(60 * 24 * 366);

const lists = {
  networks: z.array(network).default([]).describe('Addresses and networks.'),
  files: z
    .array(z.string().min(1))
    .default([])
    .describe('Files with one address or network a line, or JSON as for `s3`.'),
  s3: z
    .array(
      z.strictObject({
        bucket: z.string().min(3).describe('The bucket.'),
        key: z.string().min(1).describe('The object, such as `{"ApprovedIPs": ["198.51.100.0/24"]}`.'),
        region: z.string().min(1).describe('The region of the bucket.'),
      }),
    )
    .default([])
    .describe('Objects in S3: JSON, or one address a line. The last good copy is kept.'),
};

const own = z
  .array(
    z.strictObject({
      region: z.string().min(1).describe('The region.'),
      profile: z
        .string()
        .min(1)
        .optional()
        .describe(
          'A profile of the shared AWS configuration, for another account than that of the usual credentials.',
        ),
      tags: z
        .record(z.string().min(1).max(128), z.string().max(256))
        .default({})
        .describe('Only addresses and gateways with all of these tags; all, where left out.'),
    }),
  )
  .default([])
  .describe(
    'Elastic addresses and NAT gateways of your own accounts, asked for with `ec2:DescribeAddresses` and `ec2:DescribeNatGateways`. The last good answer is kept.',
  );

/** The `blocking` section: who is blocked, for how long, where, and who never is. */
export const blockingSection = z
  .strictObject({
    mode: z
      .enum(['dry-run', 'enforce'])
      .default('dry-run')
      .describe('`dry-run` decides and writes down, and touches nothing outside; `enforce` blocks.'),
    minutes: minutes
      .default(defaultBlockPolicy.period / minute)
      .describe(
        'How long a block lasts, from the last request that it rests on; `traffic.rules` has what differs for single rules.',
      ),
    minSeverity: z
      .enum(severities)
      .default(defaultBlockPolicy.minSeverity)
      .describe('Offences that are less severe are only told.'),
    comeback: z
      .strictObject({
        factor: z
          .number()
          .min(1)
          .max(100)
          .default(comeback.factor)
          .describe('Each comeback multiplies the time of the block by this.'),
        memoryDays: z
          .int()
          .min(0)
          .max(366)
          .default(comeback.memory / day)
          .describe('How many days after its end a block is remembered for that.'),
        longestHours: z
          .int()
          .min(1)
          .max(24 * 366)
          .default(comeback.longest / hour)
          .describe('No block becomes longer by it.'),
      })
      .prefault({})
      .describe('Those who come back are blocked for longer.'),
    ipv6Prefix: z
      .int()
      .min(48)
      .max(128)
      .default(defaultBlockPolicy.ipv6Prefix)
      .describe('An IPv6 client is blocked with its network of this prefix.'),
    widest: z
      .strictObject({
        ipv4: z.int().min(8).max(32).default(widest[4]).describe('For IPv4.'),
        ipv6: z.int().min(19).max(128).default(widest[6]).describe('For IPv6.'),
      })
      .prefault({})
      .describe('The widest prefix that is ever blocked.'),
    mostPerHour: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(defaultBlockPolicy.mostPerHour)
      .describe('No more new blocks than this are taken from rules in an hour; beyond it there is an alert.'),
    blockOld: z
      .boolean()
      .default(defaultBlockPolicy.blockOld)
      .describe('Whether old logs, whose blocks would be over, block from now on.'),
    approved: z
      .strictObject({ ...lists, aws: own })
      .prefault({})
      .describe('Who is never blocked. Always wins, also over blocks that stand.'),
    shared: z
      .strictObject(lists)
      .prefault({})
      .describe('Proxies, CDNs and others that many people are behind: told of, never blocked.'),
    waf: z
      .array(
        z.strictObject({
          ipv4: ipSet.optional().describe('ARN of the IP set for IPv4.'),
          ipv6: ipSet.optional().describe('ARN of the IP set for IPv6.'),
          exclusive: z
            .boolean()
            .default(false)
            .describe(
              'Whether nobody else writes to these sets, so that whatever is not blocked is taken out.',
            ),
        }),
      )
      .default([])
      .describe('IP sets of AWS WAF that hold what is blocked.'),
    files: z.array(z.string().min(1)).default([]).describe('Files to write, one network a line.'),
    nginx: z.array(z.string().min(1)).default([]).describe('Files to write for nginx, with `deny` lines.'),
  })
  .prefault({})
  .describe('Blocking of addresses that offended in access logs.');

export type BlockingConfig = z.output<typeof blockingSection>;

/** @param rules what differs for single rules */
export function policyOf(config: BlockingConfig, rules: BlockPolicy['rules'] = {}): BlockPolicy {
  return {
    rules,
    period: config.minutes * minute,
    minSeverity: config.minSeverity,
    comeback: {
      factor: config.comeback.factor,
      memory: config.comeback.memoryDays * day,
      longest: config.comeback.longestHours * hour,
    },
    ipv6Prefix: config.ipv6Prefix,
    widest: { 4: config.widest.ipv4, 6: config.widest.ipv6 },
    mostPerHour: config.mostPerHour,
    blockOld: config.blockOld,
  };
}
