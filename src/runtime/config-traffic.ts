import * as z from 'zod';
import { accessFormats } from '../decode/access/formats.ts';
import { severities } from '../event/severity.ts';
import { defaultBotSettings } from '../web/bots/signal.ts';
import { parseNetwork } from '../web/network.ts';
import { reputationSection } from './config-reputation.ts';
import { offenceRuleNames } from '../web/offence-rules.ts';
import { defaultTrafficSettings } from '../web/settings.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const { scanner, flood, credentials } = defaultTrafficSettings;

const count = z.int().min(1).max(1_000_000_000);
const status = z.int().min(100).max(599);
const prefixes = {
  ipv4: z.int().min(8).max(32),
  ipv6: z.int().min(19).max(128),
};
const method = z.string().regex(/^[A-Z]{1,20}$/, 'must be a method in upper case, such as POST');
const pathStart = z.string().regex(/^\//, "must begin with '/'").max(500);
const network = z
  .string()
  .refine(
    (text) => parseNetwork(text) !== undefined,
    'must be an address or a network such as 198.51.100.0/24',
  );

const logs = {
  format: z
    .enum(accessFormats.map(({ name }) => name))
    .optional()
    .describe('The format of the logs, where their content does not tell it.'),
  realtimeFields: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'The fields of CloudFront’s real-time logs, in their order, which these do not say themselves.',
    ),
};

/** So many within so many seconds. */
function limit(threshold: number, window: number, what: string) {
  return z
    .strictObject({
      count: count.default(threshold).describe('From so many on it is an offence.'),
      seconds: z
        .int()
        .min(1)
        .max(24 * 3600)
        .default(window / second)
        .describe('Within so many seconds of the requests’ own time.'),
    })
    .prefault({})
    .describe(what);
}

const folder = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      'The folder. Files are followed as they grow and when they are rotated; packed ones are read when they are whole.',
    ),
  files: z
    .string()
    .min(1)
    .optional()
    .describe('Only files whose names fit, such as `access*.log*`; all, where left out.'),
  ...logs,
});

const queue = z.strictObject({
  queueUrl: z
    .url()
    .describe(
      'The SQS queue that the bucket (directly, through SNS or through EventBridge) tells of new objects.',
    ),
  region: z.string().min(1).describe('The region of queue and bucket.'),
  ...logs,
});

const bucket = z.strictObject({
  bucket: z.string().min(3).describe('The bucket.'),
  prefix: z
    .string()
    .default('')
    .describe(
      'What the keys of one log begin with, up to where the time begins: `logs/E2EXAMPLE.` Give each log its own entry.',
    ),
  region: z.string().min(1).describe('The region of the bucket.'),
  everySeconds: z.int().min(10).max(86_400).default(60).describe('How often it is looked for new objects.'),
  lookBackHours: z
    .int()
    .min(1)
    .max(168)
    .default(24)
    .describe(
      'An object may turn up so many hours after others with later names, and is still found. At the first start, objects older than this are passed over.',
    ),
  ...logs,
});

const sources = z
  .strictObject({
    folders: z.array(folder).default([]).describe('Folders of access logs to follow.'),
    s3: z.array(queue).default([]).describe('Buckets of access logs, through the notifications in a queue.'),
    buckets: z
      .array(bucket)
      .default([])
      .describe('Buckets of access logs that tell nobody of new objects: they are listed again and again.'),
  })
  .prefault({})
  .describe('Where the server reads access logs.');

const rule = z.strictObject({
  alert: z.boolean().default(true).describe('Whether people are told.'),
  severity: z.enum(severities).optional().describe('Of its offences, where not what the rule says.'),
  block: z
    .boolean()
    .optional()
    .describe(
      'Whether its offenders are blocked. Where left out: for rules that are sure of one client, and never for networks.',
    ),
  minutes: z
    .int()
    .min(1)
    .max(60 * 24 * 366)
    .optional()
    .describe('How long its blocks last, where not `blocking.minutes`.'),
});

const scannerSection = z
  .strictObject({
    statuses: z
      .array(status)
      .default([...scanner.statuses])
      .describe('Statuses of bad responses.'),
    badResponses: limit(
      scanner.badResponses.threshold,
      scanner.badResponses.window,
      'Bad responses of one client (`scanner`).',
    ),
    missingStatuses: z
      .array(status)
      .default([...scanner.missingStatuses])
      .describe('Statuses that say that there is nothing at a path.'),
    missingPaths: limit(
      scanner.missingPaths.threshold,
      scanner.missingPaths.window,
      'Different missing paths of one client (`missing-paths`).',
    ),
    sensitivePaths: limit(
      scanner.sensitivePaths.threshold,
      scanner.sensitivePaths.window,
      'Different names that scanners ask for, such as `.env`, by one client (`probe-path`).',
    ),
    slow: z
      .strictObject({
        paths: count.default(scanner.slow.threshold).describe('Different missing paths.'),
        hours: z
          .int()
          .min(1)
          .max(24)
          .default(scanner.slow.window / hour)
          .describe('Within so many hours.'),
        badShare: z
          .number()
          .min(0)
          .max(1)
          .default(scanner.slow.badShare)
          .describe('The share of missing paths among these and good responses, at least.'),
      })
      .prefault({})
      .describe('Who goes slowly (`slow-scanner`).'),
  })
  .prefault({})
  .describe('Scanners and probes.');

const floodLimit = z.strictObject({
  count: count.describe('From so many requests of one client on it is a flood.'),
  seconds: z
    .int()
    .min(1)
    .max(24 * 3600)
    .describe('Within so many seconds.'),
  path: pathStart.optional().describe('Only requests whose path begins so.'),
  methods: z.array(method).min(1).optional().describe('Only requests with these methods.'),
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, 'must be two letters in upper case'))
    .min(1)
    .optional()
    .describe('Only requests from these countries, where the log tells them.'),
  samePath: z.boolean().optional().describe('Whether each path is counted for itself.'),
});

const floodSection = z
  .strictObject({
    ignoredSuffixes: z
      .array(z.string().regex(/^[a-z0-9]{1,6}$/, 'must be 1 to 6 letters and digits in lower case'))
      .default([...flood.ignoredSuffixes])
      .describe('Endings of paths that do not count: what a page brings along.'),
    limits: z
      .array(floodLimit)
      .default(flood.limits.map(({ threshold, window }) => ({ count: threshold, seconds: window / second })))
      .describe('How many requests of one client are too many (`flood`). A list here replaces this one.'),
    distributed: z
      .strictObject({
        factor: z
          .number()
          .min(1)
          .max(10_000)
          .default(flood.distributed.factor)
          .describe('So many times what is usual.'),
        least: count.default(flood.distributed.least).describe('Below so many requests nothing is a flood.'),
        seconds: z
          .int()
          .min(1)
          .max(3600)
          .default(flood.distributed.window / second)
          .describe('Within so many seconds.'),
        network: z
          .strictObject({
            ipv4: prefixes.ipv4.default(flood.distributed.network.v4).describe('For IPv4.'),
            ipv6: prefixes.ipv6.default(flood.distributed.network.v6).describe('For IPv6.'),
          })
          .prefault({})
          .describe('The prefix by which clients are taken together.'),
      })
      .prefault({})
      .describe('One network, user agent or path far over its own past.'),
  })
  .prefault({})
  .describe('Floods.');

const credentialsSection = z
  .strictObject({
    logins: z
      .array(
        z.strictObject({
          path: pathStart.describe('What the path of the login begins with.'),
          methods: z.array(method).min(1).default(['POST']).describe('Its methods.'),
          failures: z
            .array(status)
            .min(1)
            .default([401, 403])
            .describe('Statuses with which it answers a wrong password.'),
        }),
      )
      .default([])
      .describe('Logins, besides paths with usual names such as `/login`.'),
    client: limit(
      credentials.client.threshold,
      credentials.client.window,
      'Failures of one client (`credential-attack`).',
    ),
    network: limit(
      credentials.network.threshold,
      credentials.network.window,
      'Failures of all clients of a /24 or /48 (`credential-attack-network`).',
    ),
    account: limit(
      credentials.account.threshold,
      credentials.account.window,
      'Failures for one account, where the query names it (`credential-attack-account`).',
    ),
    accountParameters: z
      .array(z.string().regex(/^[^A-Z]+$/, 'must be in lower case'))
      .default([...credentials.accountParameters])
      .describe('Query parameters that name an account, in lower case.'),
    accountKey: z.string().min(16, 'must have at least 16 characters').optional().meta({
      description:
        'The key with which accounts are hashed: without it nobody can try which account a hash is.',
      secret: true,
    }),
  })
  .prefault({})
  .describe('Guessed passwords.');

const botsSection = z
  .strictObject({
    honeypots: z
      .array(pathStart)
      .default([...defaultBotSettings.honeypots])
      .describe(
        'Paths that no person comes to: linked where only robots see it, and forbidden in robots.txt.',
      ),
    appAgents: z
      .array(z.string().min(1).max(200))
      .default([])
      .describe(
        'User agents of your own apps, `*` for anything: `MyApp/*`. Without any, none is outside the app.',
      ),
  })
  .prefault({})
  .describe('Bad bots.');

/** The `traffic` section: which access logs are followed, what is an offence in them, and what becomes of it. */
export const trafficSection = z
  .strictObject({
    sources,
    trustedProxies: z
      .array(network)
      .default([])
      .describe('Your own proxies and load balancers, whose `X-Forwarded-For` is believed.'),
    latenessMinutes: z
      .int()
      .min(1)
      .max(360)
      .default(defaultTrafficSettings.lateness / minute)
      .describe('How many minutes a request may come later than a younger one and still be counted.'),
    rereadHours: z
      .int()
      .min(1)
      .max(168)
      .default(25)
      .describe(
        'How many hours of logs are read again when the server starts, so that counts go on where they were; the longest count goes over a day.',
      ),
    mostClients: z
      .int()
      .min(20_000)
      .max(10_000_000)
      .default(defaultTrafficSettings.clients)
      .describe('The most clients that are known at once.'),
    scanner: scannerSection,
    flood: floodSection,
    credentials: credentialsSection,
    bots: botsSection,
    reputation: reputationSection,
    rules: z
      .partialRecord(z.enum(offenceRuleNames), rule)
      .default({})
      .describe('What becomes of offences, by the name of their rule; docs/access-logs.md lists them.'),
  })
  .prefault({})
  .describe('Access logs: what is seen in them, and what becomes of it.');

export type TrafficConfig = z.output<typeof trafficSection>;
