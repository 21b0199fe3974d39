import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { unpack, UnpackError } from '../decode/unpack.ts';
import { rejectionId } from '../store/identity.ts';
import type { StoredRejection } from '../store/store.ts';

/** Where files of dead letters lie: a folder, or a bucket. */
export interface DeadLetterPlace {
  /** `dead-letters/`, `s3://bucket/prefix/` */
  readonly name: string;
  /** The files in the order of their names, which is that of their writing. */
  readonly list: () => Promise<readonly string[]>;
  /** Undefined where there is none of that name. */
  readonly read: (name: string) => Promise<Buffer | undefined>;
  /** Whole or not at all; takes the place of one that is there. */
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>;
}

const ending = '.jsonl.gz';
/** Beside each file: what became of its lines when they were replayed. */
const marksEnding = '.replayed.json';

const provenance = z.object({
  source: z.string(),
  object: z.string(),
  position: z.number(),
  receivedAt: z.number(),
  worker: z.string().optional(),
});
const line = z.object({
  id: z.string(),
  reason: z.string(),
  length: z.number(),
  provenance,
  bytes: z.string(),
});
/** A member whose name was altered must not pass for one that is not there: without its worker, a record is held to no accounts. */
const knownLine = z.strictObject({ ...line.shape, provenance: z.strictObject(provenance.shape) });

const marksSchema = z.record(z.string(), z.object({ at: z.number(), reason: z.string().optional() }));

/** By the id of a rejection: when it was replayed, and why it failed again; without a reason it is done. */
export type Marks = z.output<typeof marksSchema>;

const pack = promisify(gzip);
/** A file of ours has 500 lines of 256 KB at most, and base64 makes them longer. */
const longestFile = 512 * 1024 * 1024;

/** One file with these rejections. Its name tells their order, and no others have the same name. */
export async function writeDeadLetters(
  place: DeadLetterPlace,
  number: number,
  rejections: readonly StoredRejection[],
): Promise<void> {
  const lines = rejections.map(({ bytes, ...rest }) =>
    JSON.stringify({ ...rest, bytes: Buffer.from(bytes).toString('base64') }),
  );
  const which = createHash('sha256')
    .update(rejections.map(({ id }) => id).join())
    .digest('hex')
    .slice(0, 16);
  const name = `rejections-${String(number).padStart(16, '0')}-${which}${ending}`;
  await place.write(name, await pack(`${lines.join('\n')}\n`));
}

/** What of a file cannot be read, and so not be replayed either. */
export interface Damage {
  /** Place and name of the file. */
  readonly file: string;
  /** Counted from 1; undefined where it is the file as a whole. */
  readonly line: number | undefined;
  readonly reason: string;
}

export interface DeadLetterFile {
  readonly name: string;
  /** Those that can be read, and are as they were written. */
  readonly rejections: readonly StoredRejection[];
  readonly marks: Marks;
  readonly damage: readonly Damage[];
}

/** Never rejects: one file that is damaged, gone or refused says nothing of those behind it. */
export async function readDeadLetters(place: DeadLetterPlace, name: string): Promise<DeadLetterFile> {
  const file = `${place.name}${name}`;
  const unread = (reason: string): DeadLetterFile => {
    return { name, rejections: [], marks: {}, damage: [{ file, line: undefined, reason }] };
  };
  try {
    const bytes = await place.read(name);
    if (bytes === undefined) return unread('it is gone');
    const { lines, problem } = await linesOf(bytes);
    const read = lines.map(problem === undefined ? rejectionIn : unalteredIn);
    const rejections = read.filter((one) => one !== undefined);
    if (rejections.length === 0) return unread(problem ?? 'it is no file of dead letters');
    const marks = marksIn(await place.read(`${name}${marksEnding}`));
    if (marks === undefined)
      return unread(
        `what became of its records before is damaged; delete ${name}${marksEnding} to replay all of them`,
      );
    const damage = read.flatMap((one, index) =>
      one === undefined && lines[index] !== ''
        ? [{ file, line: index + 1, reason: 'it is no dead letter, or is damaged' }]
        : [],
    );
    if (problem !== undefined) damage.push({ file, line: lines.length + 1, reason: problem });
    return { name, rejections, marks, damage };
  } catch (error) {
    return unread(error instanceof Error ? error.message : String(error));
  }
}

/** As far as it can be unpacked, and why not further; what is left of a line that was cut off is none. */
async function linesOf(bytes: Buffer): Promise<{ lines: readonly string[]; problem?: string }> {
  const parts: Uint8Array[] = [];
  let problem: string | undefined;
  let length = 0;
  try {
    for await (const part of unpack(once(bytes))) {
      length += part.length;
      if (length > longestFile) throw new UnpackError('it is longer than any file of dead letters', 0);
      parts.push(part);
    }
  } catch (error) {
    if (!(error instanceof UnpackError)) throw error;
    problem = error.message;
  }
  const lines = Buffer.concat(parts).toString('utf8').split('\n');
  const rest = lines.pop();
  if (rest !== '' && rest !== undefined && problem === undefined) lines.push(rest);
  return { lines, ...(problem !== undefined && { problem }) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function rejectionIn(text: string): StoredRejection | undefined {
  const read = parsed(line, text);
  if (read === undefined) return undefined;
  const { bytes, ...rest } = read;
  return { ...rest, bytes: Buffer.from(bytes, 'base64') };
}

/**
 * Of a file whose checksum does not hold or was not reached: gzip gives altered bytes as it gives others, and a record with another account
 * or person in it would raise an alert of something that nobody did. The id is a hash of what matters in a line.
 */
function unalteredIn(text: string): StoredRejection | undefined {
  if (parsed(knownLine, text) === undefined) return undefined;
  const read = rejectionIn(text);
  return read !== undefined && rejectionId(read) === read.id ? read : undefined;
}

function marksIn(bytes: Buffer | undefined): Marks | undefined {
  return bytes === undefined ? {} : parsed(marksSchema, bytes.toString('utf8'));
}

function parsed<Read>(schema: z.ZodType<Read>, text: string): Read | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export async function writeMarks(place: DeadLetterPlace, name: string, marks: Marks): Promise<void> {
  await place.write(`${name}${marksEnding}`, Buffer.from(JSON.stringify(marks)));
}

export function folderPlace(folder: string): DeadLetterPlace {
  return {
    name: `${folder.replace(/\/+$/, '')}/`,
    list: async () => (await readdir(folder)).filter((name) => name.endsWith(ending)).sort(),
    read: (name) =>
      readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
    write: async (name, bytes) => {
      await mkdir(folder, { recursive: true });
      const next = join(folder, `${name}.new`);
      await writeFile(next, bytes, { mode: 0o600, flush: true });
      await rename(next, join(folder, name));
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}

export function s3Place(s3: S3Client, bucket: string, prefix: string): DeadLetterPlace {
  return {
    name: `s3://${bucket}/${prefix}`,
    list: async () => {
      const names: string[] = [];
      for (let token: string | undefined; ;) {
        const page = await s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(token && { ContinuationToken: token }),
          }),
        );
        for (const { Key } of page.Contents ?? [])
          if (Key?.endsWith(ending)) names.push(Key.slice(prefix.length));
        token = page.NextContinuationToken;
        if (token === undefined) return names.sort();
      }
    },
    read: async (name) => {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + name }));
        return Body === undefined ? undefined : Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    write: async (name, bytes) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + name, Body: bytes }));
    },
  };
}
