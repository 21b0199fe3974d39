import { hash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rule, RuleHeader } from '../sigma/rule.ts';
import { faithfulJson } from './faithful-json.ts';
import type { ParsedRules } from '../sigma/parse.ts';
import { packageFolder, placed, portable } from './rule-set-key.ts';

const mostEntries = 12;
const mostBytes = 128 * 1024 * 1024;
/** An entry that is used is as good as a new one; but to say so each time would be a write for each read. */
const refreshedAfterMs = 60 * 60_000;

/** The rules of Tocsin itself in an installed package: made when that was built, and as trustworthy as the code beside it. */
const shippedEntry: string = fileURLToPath(new URL('./rules-as-read.json', import.meta.url));

/**
 * Rules as they were kept under this key (`ruleSetKey`), in Tocsin's own package or in the user's folder for it. Undefined where there are
 * none, and where anything about them is not as `keepRules` leaves it: damaged, or of a kind that somebody else could have written.
 */
export function keptRules(key: string, folder: string): ParsedRules | undefined {
  return rulesOf(shippedText(), key) ?? rulesOf(ownText(entryIn(folder, key)), key);
}

/** Keeps rules under their key in the user's folder, and lets go of what was not used for longest. That it cannot is no matter: they are read again. */
export function keepRules(key: string, rules: ParsedRules, folder: string): void {
  const text = entryOf(key, rules);
  if (text === undefined) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const unfinished = join(folder, `${randomUUID()}.part`);
    writeFileSync(unfinished, text, { mode: 0o600, flag: 'wx' });
    renameSync(unfinished, entryIn(folder, key));
    removeOldest(folder);
  } catch {
    // A folder that cannot be written, or another process at the same work.
  }
}

function entryIn(folder: string, key: string): string {
  return join(folder, `${key}.json`);
}

interface Entry extends ParsedRules {
  /** Where Tocsin lay, if that shows in anything but paths; else null. */
  readonly place: string | null;
}

/** The text of an entry: a line with its key and a checksum of the rest, and the rest. Undefined where the rules are no plain data. */
function entryOf(key: string, { rules, correlations, problems }: ParsedRules): string | undefined {
  const all: readonly RuleHeader[] = [...rules, ...correlations];
  const namesPlace = problems.length > 0 || all.some(({ id, path }) => id === path && portable(id) !== id);
  const body = faithfulJson({
    place: namesPlace ? packageFolder : null,
    rules: rules.map((rule) => withPaths(rule, portable)),
    correlations: correlations.map((rule) => withPaths(rule, portable)),
    problems,
  } satisfies Entry);
  return body && `${key} ${checksum(body)}\n${body}`;
}

function rulesOf(text: string | undefined, key: string): ParsedRules | undefined {
  if (text?.startsWith(`${key} `) !== true) return undefined;
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (text.slice(key.length + 1, end) !== checksum(body)) return undefined;
  const { place, rules, correlations, problems } = JSON.parse(body) as Entry;
  if (place !== null && place !== packageFolder) return undefined;
  return {
    rules: rules.map((rule) => withPaths(rule, placed)),
    correlations: correlations.map((rule) => withPaths(rule, placed)),
    problems,
  };
}

function withPaths<R extends RuleHeader & Pick<Rule, 'filters'>>(
  rule: R,
  change: (path: string) => string,
): R {
  const changed = { ...rule, path: change(rule.path) };
  return rule.filters === undefined
    ? changed
    : { ...changed, filters: rule.filters.map((filter) => ({ ...filter, path: change(filter.path) })) };
}

function checksum(text: string): string {
  return hash('sha256', text);
}

function shippedText(): string | undefined {
  return readText(shippedEntry, () => true);
}

/** What lies in a user's folder may be anybody's, where others may write into it; only what this user has written is read. */
function ownText(file: string): string | undefined {
  const text = readText(
    file,
    ({ uid, mode }) => process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0),
  );
  if (text !== undefined) markUsed(file);
  return text;
}

function readText(file: string, isTrusted: (stats: Stats) => boolean): string | undefined {
  try {
    const opened = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const stats = fstatSync(opened);
      if (!stats.isFile() || stats.size > mostBytes || !isTrusted(stats)) return undefined;
      return readFileSync(opened, 'utf8');
    } finally {
      closeSync(opened);
    }
  } catch {
    // Nothing is kept, which is how it is at first.
    return undefined;
  }
}

function markUsed(file: string): void {
  try {
    const now = new Date();
    if (now.getTime() - statSync(file).mtimeMs > refreshedAfterMs) utimesSync(file, now, now);
  } catch {
    // It has been removed meanwhile.
  }
}

function removeOldest(folder: string): void {
  const entries = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), usedAt: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of entries.slice(mostEntries)) rmSync(path, { force: true });
}
