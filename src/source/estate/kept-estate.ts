import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundEstate } from '../../context/estate/found-estate.ts';
import type { SourceLog } from '../source.ts';
import { readEstateDocument } from './estate-document.ts';
import type { IdentityCenterSettings } from './identity-center.ts';
import type { OrganisationSettings } from './organisation.ts';

/** Where it is read who and what is one's own. What comes first counts where two tell the same. */
export type EstateSource =
  | { readonly name: 'file'; readonly path: string }
  | { readonly name: 'organisation'; readonly everyMs: number; readonly settings: OrganisationSettings }
  | { readonly name: 'identity-center'; readonly everyMs: number; readonly settings: IdentityCenterSettings };

export interface EstateOptions {
  readonly sources: readonly EstateSource[];
  /** Where last good answers of AWS are kept. */
  readonly folder: string;
  readonly clock: () => number;
  readonly log: SourceLog;
  /** Told whenever something else is known than before, and once at the start. */
  readonly changed: (found: readonly FoundEstate[]) => void;
}

export interface KeptEstate {
  /** Undefined while all could be read, else what is wrong with the first that could not. */
  readonly trouble: () => string | undefined;
  /** Looks at all of them now. Never rejects. */
  readonly refresh: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

interface Held {
  readonly source: EstateSource;
  found: FoundEstate | undefined;
  readAt: number | undefined;
  problem: string | undefined;
  /** Size and time of a file when it was read last. */
  stamp: string | undefined;
  timer: NodeJS.Timeout | undefined;
  looking: Promise<void> | undefined;
}

const fileEveryMs = 30_000;
/** After a failure AWS is asked again this much sooner. */
const soonerAfterFailure = 12;
/** AWS does not hold up a start for longer; the answers of an earlier run are there at once. */
const patienceMs = 5_000;
const largestFile = 64 * 1024 * 1024;

/** Reads what is known of the estate and keeps it fresh. Whatever goes wrong, the last good answer stays. */
export async function openEstate(options: EstateOptions): Promise<KeptEstate> {
  const { folder, clock, log, changed } = options;
  const stopping = { now: false };
  const held = options.sources.map((source): Held => ({
    source,
    found: undefined,
    readAt: undefined,
    problem: undefined,
    stamp: undefined,
    timer: undefined,
    looking: undefined,
  }));
  const tell = (): void => changed(held.flatMap(({ found }) => found ?? []));

  async function read(one: Held): Promise<void> {
    const { source } = one;
    if (source.name === 'file') {
      const { size, mtimeMs, ino } = await stat(source.path);
      const stamp = `${ino} ${size} ${mtimeMs}`;
      if (stamp === one.stamp) return;
      one.found = await readEstateFile(source.path);
      one.stamp = stamp;
    } else {
      one.found = await askAws(source);
      await keepAnswer(folder, source, { found: one.found, readAt: clock() });
    }
    one.readAt = clock();
    tell();
  }

  const lookAt = (one: Held): Promise<void> =>
    (one.looking ??= read(one)
      .then(
        () => {
          one.problem = undefined;
        },
        (error: unknown) => {
          const problem = error instanceof Error ? error.message : String(error);
          if (problem !== one.problem)
            log.warn(
              { estate: one.source.name, problem },
              'the estate cannot be read; what was known before holds',
            );
          one.problem = problem;
        },
      )
      .finally(() => {
        one.looking = undefined;
      }));

  const schedule = (one: Held): void => {
    if (stopping.now) return;
    const every = one.source.name === 'file' ? fileEveryMs : one.source.everyMs;
    const wait = one.problem === undefined || one.source.name === 'file' ? every : every / soonerAfterFailure;
    one.timer = setTimeout(() => void lookAt(one).then(() => schedule(one)), wait);
    one.timer.unref();
  };

  for (const one of held) {
    const kept = one.source.name === 'file' ? undefined : await keptAnswer(folder, one.source);
    one.found = kept?.found;
    one.readAt = kept?.readAt;
  }
  tell();
  const due = held.filter(
    ({ source, readAt }) =>
      source.name === 'file' || readAt === undefined || clock() - readAt >= source.everyMs,
  );
  await Promise.race([Promise.all(due.map(lookAt)), sleep(patienceMs, undefined, { ref: false })]);
  for (const one of held) schedule(one);

  return {
    trouble: () => {
      const troubled = held.find(({ problem }) => problem !== undefined);
      if (troubled === undefined) return undefined;
      const { source, problem, readAt } = troubled;
      return `estate by ${source.name}: ${problem}; ${readAt === undefined ? 'nothing is known by it' : `what was read at ${new Date(readAt).toISOString()} holds`}`;
    },
    refresh: async () => {
      await Promise.all(held.map(lookAt));
    },
    stop: async () => {
      stopping.now = true;
      for (const { timer } of held) clearTimeout(timer);
      const looking = Promise.all(held.flatMap(({ looking: one }) => one ?? []));
      await Promise.race([looking, sleep(patienceMs, undefined, { ref: false })]);
    },
  };
}

/**
 * What is there without asking AWS: a file, and the answers that a server kept.
 * @param onProblem told of each that is not there
 */
export async function readKeptEstate(
  sources: readonly EstateSource[],
  folder: string,
  onProblem: (problem: string) => void,
): Promise<readonly FoundEstate[]> {
  const all: FoundEstate[] = [];
  for (const source of sources) {
    try {
      const found =
        source.name === 'file'
          ? await readEstateFile(source.path)
          : (await keptAnswer(folder, source))?.found;
      if (found === undefined)
        onProblem(
          `estate by ${source.name}: there is no answer of AWS yet; a server with this configuration asks`,
        );
      else all.push(found);
    } catch (error) {
      onProblem(`estate by ${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return all;
}

/** The parts of the SDK are large, and loaded when they are used. */
async function askAws(source: Exclude<EstateSource, { name: 'file' }>): Promise<FoundEstate> {
  if (source.name === 'organisation')
    return (await import('./organisation.ts')).readOrganisation(source.settings);
  return (await import('./identity-center.ts')).readIdentityCenter(source.settings);
}

/** @throws {Error} that names the file, where it cannot be read or tells nothing */
async function readEstateFile(path: string): Promise<FoundEstate> {
  const { size } = await stat(path);
  if (size > largestFile) throw new Error(`${path}: has ${size} bytes, more than ${largestFile}`);
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    // What AWS prints is JSON, of which the reader of YAML is slow.
    value = /^\s*\{/.test(text) ? JSON.parse(text) : (await import('yaml')).parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const read = readEstateDocument(value);
  if ('problem' in read) throw new Error(`${path}: ${read.problem}`);
  return read.found;
}

type Answer = { readonly found: FoundEstate; readonly readAt: number };

function fileOf(folder: string, { name }: EstateSource): string {
  return join(folder, `${name}.json`);
}

/** Whom an answer is of: one that was asked under other settings is of no use. */
function askedOf(source: Exclude<EstateSource, { name: 'file' }>): string {
  return JSON.stringify(source.settings);
}

async function keepAnswer(
  folder: string,
  source: Exclude<EstateSource, { name: 'file' }>,
  { found, readAt }: Answer,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = fileOf(folder, source);
  await writeFile(`${path}.new`, JSON.stringify({ of: askedOf(source), readAt, ...found }), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

async function keptAnswer(
  folder: string,
  source: Exclude<EstateSource, { name: 'file' }>,
): Promise<Answer | undefined> {
  try {
    const value = JSON.parse(await readFile(fileOf(folder, source), 'utf8')) as {
      readonly of?: unknown;
      readonly readAt?: unknown;
    };
    const read = readEstateDocument(value);
    if (value.of !== askedOf(source) || typeof value.readAt !== 'number' || 'problem' in read)
      return undefined;
    return { found: read.found, readAt: value.readAt };
  } catch {
    // A copy that cannot be read is as good as none: AWS is asked anew.
    return undefined;
  }
}
