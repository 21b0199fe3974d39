import * as z from 'zod';
import { channelSettings } from '../notify/table.ts';
import { blockingSection } from './config-blocking.ts';
import { alertsSection } from './config-alerts.ts';
import { contextSection } from './config-context.ts';
import { checkRoutes, routesSection } from './config-routes.ts';
import { incidentsSection } from './config-incidents.ts';
import { intelSection } from './config-intel.ts';
import { lookupsSection } from './config-lookups.ts';
import { estateSection } from './config-estate.ts';
import { trafficSection } from './config-traffic.ts';
import { storeSection } from './config-store.ts';
import { workersSection } from './config-workers.ts';
import { deadLettersSection } from './config-dead-letters.ts';
import { controllerSection } from './config-controller.ts';
import { healthSection } from './config-health.ts';
import { packNames, packs } from './packs.ts';

const secret = { secret: true };

const key = z.strictObject({
  name: z.string().min(1).describe('Who holds the key; shown in logs instead of it.'),
  key: z
    .string()
    .min(16, 'must have at least 16 characters')
    .meta({ description: 'The key itself.', ...secret }),
  scope: z
    .enum(['ingest', 'read', 'all'])
    .default('ingest')
    .describe('What it opens: sending events, reading alerts, or both.'),
});

const folder = z.strictObject({
  path: z.string().min(1).describe('The folder; new files and lines added to files are read as they appear.'),
});

const bucketQueue = z.strictObject({
  queueUrl: z
    .url()
    .describe(
      'The SQS queue that the bucket (directly, through SNS or through EventBridge) tells of new objects.',
    ),
  region: z.string().min(1).describe('The region of queue and bucket.'),
});

/** Paths are put behind it, and it goes into every message: nothing may follow the path, and no password stand before the host. */
function isPlainAddress(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.username === '' && url.password === '' && !/[?#]/.test(address);
}

/**
 * The configuration file. Every key has a sentence and, where one makes sense, a default; docs/configuration.md is made from it.
 * Values marked secret are never written into the file: they say where the secret lies, `env:NAME` or `file:PATH`.
 */
export const configSchema = z
  .strictObject({
    data: z
      .string()
      .min(1)
      .default('.tocsin')
      .describe('Folder for what Tocsin keeps, the alert store included; made where it is missing.'),
    store: storeSection,
    rules: z
      .strictObject({
        builtin: z.boolean().default(true).describe('Whether to run the rules that come with Tocsin.'),
        packs: z
          .array(z.enum(packNames))
          .default([])
          .describe(
            `Packs of rules that come with Tocsin and run only where they are asked for: ${packNames.map((name) => `\`${name}\` (${packs[name]})`).join('; ')}.`,
          ),
        folders: z.array(z.string().min(1)).default([]).describe('More folders or files of Sigma rules.'),
        pipelines: z
          .array(z.string().min(1))
          .default([])
          .describe('Files of processing pipelines, which fit rules to names and values of the logs.'),
        placeholders: z
          .record(
            z.string().min(1),
            z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()])).min(1)]),
          )
          .default({})
          .describe('What placeholders such as `%admins%` in rules stand for: a value, or a list of them.'),
        disabled: z.array(z.string().min(1)).default([]).describe('Ids of rules to leave out.'),
      })
      .prefault({})
      .describe('Which rules run.'),
    estate: estateSection,
    context: contextSection,
    lookups: lookupsSection,
    intel: intelSection,
    alerts: alertsSection,
    incidents: incidentsSection,
    correlations: z
      .strictObject({
        latenessMinutes: z
          .int()
          .min(0)
          .max(1440)
          .default(10)
          .describe(
            'How many minutes an event may come later than a younger one and still be counted by correlation rules. Their alerts wait as long.',
          ),
      })
      .prefault({})
      .describe('How rules over several events work.'),
    server: z
      .strictObject({
        listen: z
          .string()
          .regex(/^(.+):(\d{1,5})$/, 'must be an address and a port such as 127.0.0.1:7117')
          .default('127.0.0.1:7117')
          .describe('Address and port of the HTTP server. Any but a loopback address needs keys.'),
        publicUrl: z
          .url({ protocol: /^https?$/ })
          .refine(
            isPlainAddress,
            'must be an address without password, query and fragment, such as https://tocsin.example.com',
          )
          .optional()
          .describe('How people reach this server; alerts link to it.'),
        keys: z
          .array(key)
          .default([])
          .describe('API keys. Without any, the server only listens on loopback.'),
        maxBodyMb: z.int().min(1).max(1024).default(64).describe('Largest request body in megabytes.'),
      })
      .prefault({})
      .describe('The HTTP server of `tocsin serve`.'),
    sources: z
      .strictObject({
        folders: z.array(folder).default([]).describe('Folders to watch.'),
        s3: z
          .array(bucketQueue)
          .default([])
          .describe(
            'Buckets to read, through the notifications in a queue. Credentials come from the usual AWS places.',
          ),
      })
      .prefault({})
      .describe('Where `tocsin serve` reads from by itself.'),
    deadLetters: deadLettersSection,
    workers: workersSection,
    controller: controllerSection,
    traffic: trafficSection,
    blocking: blockingSection,
    channels: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens'),
        channelSettings,
      )
      .default({})
      .describe('Where alerts go, by a name of your choice.'),
    routes: routesSection,
    health: healthSection,
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error'])
          .default('info')
          .describe('Least severe lines to log.'),
      })
      .prefault({})
      .describe("The server's own log, JSON lines on standard error."),
  })
  .superRefine(checkRoutes);

export type Config = z.output<typeof configSchema>;
