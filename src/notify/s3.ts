import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import * as z from 'zod';
import { isoTime, plainJson } from './alert-event.ts';
import { awsAnswer, awsSettings, clientSettings, once } from './aws.ts';
import type { Answer, Means, Message, Sender } from './channel.ts';
import { detectionFinding } from './ocsf.ts';
import { sharedSettings } from './settings.ts';

/**
 * Detection Findings of OCSF in S3, in the folders that custom sources of Amazon Security Lake have:
 * https://docs.aws.amazon.com/security-lake/latest/userguide/custom-sources.html. As JSON lines packed with gzip, for what reads JSON by
 * partitions, or as Parquet, which is all that Security Lake itself reads.
 */

export const s3Settings = z.strictObject({
  type: z.literal('s3').describe('Detection Findings of OCSF in a bucket of S3.'),
  ...sharedSettings,
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket')
    .describe('Name of the bucket.'),
  prefix: z
    .string()
    .regex(/^(?:[\w!.*'()-]+\/)*$/, 'is no prefix; it ends in a slash and does not begin with one')
    .max(512)
    .default('ext/tocsin/')
    .describe(
      'Where objects begin, with a slash at its end; below it lie `region=`, `accountId=` and `eventDay=`.',
    ),
  format: z
    .enum(['json-lines', 'parquet'])
    .default('json-lines')
    .describe('As what: gzipped JSON lines, or Parquet packed with zstd, which Security Lake reads.'),
  changes: z
    .boolean()
    .default(true)
    .describe('Write a finding also when the status, the severity or the count of an alert changes.'),
  ...awsSettings,
});

export type S3Settings = z.output<typeof s3Settings>;

interface Line {
  readonly folder: string;
  readonly finding: Readonly<Record<string, unknown>>;
  readonly key: string;
}

const pack = promisify(gzip);

type Findings = readonly Line['finding'][];

const formats = {
  'json-lines': {
    extension: '.json.gz',
    headers: { ContentType: 'application/x-ndjson', ContentEncoding: 'gzip' },
    body: (findings: Findings): Promise<Uint8Array> =>
      pack(findings.map((finding) => `${plainJson(finding)}\n`).join('')),
  },
  parquet: {
    extension: '.parquet',
    headers: { ContentType: 'application/vnd.apache.parquet' },
    body: async (findings: Findings): Promise<Uint8Array> =>
      (await import('./ocsf-parquet.ts')).findingsAsParquet(findings),
  },
} as const;

export const s3 = {
  type: 's3' as const,
  settings: s3Settings,

  open(settings: S3Settings): Sender {
    const client = once(async () => {
      const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
      const standIn =
        settings.endpoint ?? process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];
      return {
        client: new S3Client({ ...clientSettings(settings), forcePathStyle: standIn !== undefined }),
        PutObjectCommand,
      };
    });
    const put = (lines: readonly Line[], means: Means): Promise<Answer> =>
      awsAnswer('S3', settings.endpoint, means, async () => {
        const { extension, headers, body } = formats[settings.format];
        const Key = `${objectName(lines)}${extension}`;
        const Body = await body(lines.map(({ finding }) => finding));
        const sdk = await client();
        const input = { Bucket: settings.bucket, Key, Body, ...headers };
        await sdk.client.send(new sdk.PutObjectCommand(input), { abortSignal: means.signal });
        return { type: 'accepted', receipt: { key: Key } };
      });
    return {
      most: 500,
      send: async (messages, means) => {
        const lines = messages.map((message) => lineOf(message, settings, false));
        const folders = Map.groupBy(lines, ({ folder }) => folder);
        const answers = new Map<string, Answer>();
        for (const [folder, together] of folders) answers.set(folder, await put(together, means));
        return lines.map(
          ({ folder }) => answers.get(folder) ?? { type: 'later', reason: 'S3: nothing was written' },
        );
      },
      ...(settings.changes
        ? { follow: (message, means) => put([lineOf(message, settings, true)], means) }
        : {}),
    };
  },
};

function lineOf({ alert, context }: Message, settings: S3Settings, isChange: boolean): Line {
  const { account = '', region = '' } = alert.where;
  const day = (isoTime(alert.time) ?? '').slice(0, 10).replaceAll('-', '');
  const folder = [
    // What a log says can be anything; a folder is made of what looks as it should.
    `region=${/^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(region) ? region : 'unknown'}`,
    `accountId=${/^\d{12}$/.test(account) ? account : 'unknown'}`,
    `eventDay=${/^\d{8}$/.test(day) ? day : '19700101'}`,
  ].join('/');
  return {
    folder: `${settings.prefix}${folder}/`,
    finding: detectionFinding(alert, context, isChange),
    key: context.idempotencyKey,
  };
}

/** The same for the same lines, so that a repeat writes the same object again. */
function objectName(lines: readonly Line[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(lines.map(({ key }) => key)))
    .digest('hex');
  return `${lines[0]?.folder ?? ''}tocsin-${hash.slice(0, 32)}`;
}
