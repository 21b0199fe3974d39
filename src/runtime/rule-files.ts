import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../sigma/problem.ts';

export interface RuleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Every rule file under the given files and folders (`.yml`, `.yaml`; `.test.yml` files are tests; links are followed and no file is read
 * twice), the paths in their order and the files of each sorted. What cannot be read is a problem. All at once and not file by file in
 * between other work: there are many hundreds, at a time when nothing else can be done.
 */
export function readRuleFiles(paths: readonly string[]): {
  readonly files: readonly RuleFile[];
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const files: RuleFile[] = [];
  for (const path of paths) {
    for (const file of filesAt(path, seen, problems).sort()) {
      try {
        files.push({ path: file, bytes: readFileSync(file) });
      } catch (error) {
        problems.push(unreadable(file, error));
      }
    }
  }
  return { files, problems };
}

/**
 * The rule files at a path that the user named, which is taken whatever it is called, and below it, where only what is called like a rule is.
 * `seen` holds the real places of what was found already, so that links cannot lead in circles.
 */
function filesAt(named: string, seen: Set<string>, problems: Problem[]): string[] {
  const found: string[] = [];

  /** Where nothing is known of a path but its name. */
  function look(path: string, isNamed: boolean): void {
    try {
      const kind = statSync(path);
      if (!kind.isDirectory() && !isNamed && !isRuleFile(path)) return;
      if (kind.isDirectory() || kind.isFile()) take(path, realpathSync.native(path), kind.isDirectory());
      else problems.push(wholeFile(path, 'is neither a file nor a folder; leave it out'));
    } catch (error) {
      if (isNamed || isRuleFile(path) || codeOf(error) !== 'ENOENT') problems.push(unreadable(path, error));
    }
  }

  function take(path: string, place: string, isFolder: boolean): void {
    if (seen.has(place)) return;
    seen.add(place);
    if (!isFolder) {
      found.push(path);
      return;
    }
    const entries = readdirSync(path, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const below = join(path, entry.name);
      // What is no link lies where its folder lies; that saves two questions for each of many files.
      if (entry.isFile()) {
        if (isRuleFile(below)) take(below, join(place, entry.name), false);
      } else look(below, false);
    }
  }

  look(named, true);
  return found;
}

function isRuleFile(path: string): boolean {
  return /\.ya?ml$/.test(path) && !/\.test\.ya?ml$/.test(path);
}

function unreadable(path: string, error: unknown): Problem {
  if (codeOf(error) === 'ENOENT')
    return wholeFile(path, 'there is no such file or folder; check the path, or the link');
  return wholeFile(
    path,
    `cannot be read (${error instanceof Error ? error.message : String(error)}); check its permissions`,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** A problem of a file as a whole. */
export function wholeFile(path: string, message: string): Problem {
  return { level: 'error', path, line: 1, column: 1, message };
}
