import { createHash, type Hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pipeline } from '../sigma/pipeline/pipeline.ts';
import { faithfulJson } from './faithful-json.ts';
import type { RuleFile } from './rule-files.ts';

const ownFolder = dirname(fileURLToPath(import.meta.url));
/** At the same distance from src/ and from dist/. */
export const packageFolder: string = join(ownFolder, '..', '..');
const inPackage = '\0';

/** A path inside Tocsin's own folder as one that does not tell where that lies; any other is left as it is. */
export function portable(path: string): string {
  return path.startsWith(packageFolder + sep) ? inPackage + path.slice(packageFolder.length) : path;
}

/** Undoes `portable`. */
export function placed(path: string): string {
  return path.startsWith(inPackage) ? packageFolder + path.slice(inPackage.length) : path;
}

/**
 * Names what comes of reading these files with these pipelines: another name wherever a byte of a file, a path, a pipeline, or the code that
 * reads them is another; the same name wherever Tocsin itself lies. Undefined where the pipelines cannot be written down.
 */
export function ruleSetKey(files: readonly RuleFile[], pipelines: readonly Pipeline[]): string | undefined {
  const options = faithfulJson(pipelines);
  if (options === undefined) return undefined;
  const hash = createHash('sha256');
  addCode(hash);
  addPart(hash, options);
  for (const { path, bytes } of files) {
    addPart(hash, portable(path));
    addPart(hash, bytes);
  }
  return hash.digest('hex');
}

/** The layers that have a part in reading rules, and the packages that they use for it. */
const readers = ['sigma', 'event', 'runtime'];
const packages = ['yaml', 'zod', 're2js', 'ipaddr.js'];

function addCode(hash: Hash): void {
  for (const layer of readers) {
    const folder = join(ownFolder, '..', layer);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const name of names.sort()) {
      if (!/\.[jt]s$/.test(name) || /\.test\.|\.d\.|testing/.test(name)) continue;
      if (layer === 'runtime' && !/rule/.test(name)) continue;
      addPart(hash, readFileSync(join(folder, name)));
    }
  }
  for (const name of packages) {
    const manifest = findPackageJSON(name, import.meta.url);
    addPart(hash, manifest === undefined ? name : readFileSync(manifest));
  }
}

/** With its length before it, so that no two lists of parts look alike. */
function addPart(hash: Hash, part: string | Uint8Array): void {
  const bytes = typeof part === 'string' ? Buffer.from(part) : part;
  hash.update(`${bytes.length}\n`).update(bytes);
}
