// Holds the licence of every package in package-lock.json against a list, and every version in package.json
// against being exact.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ license?: string, dev?: boolean, optional?: boolean, link?: boolean, version?: string }} LockedPackage */

/** Licences that let anyone use, change and pass on the product. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
]);

/** Tools that developers run and nobody is handed: package name (or its scope's prefix, with *) -> licence. */
const developmentOnly = new Map([
  ['axe-core', 'MPL-2.0'],
  ['lightningcss', 'MPL-2.0'],
  ['lightningcss-*', 'MPL-2.0'],
]);

/**
 * Whether an SPDX expression (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/) can be met with
 * allowed licences alone: of `A OR B` one is enough, of `A AND B` all are needed. Anything with WITH, with `+`
 * or that does not parse is refused, for a person to read.
 * @param {string} expression
 */
export function isAllowed(expression) {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  /** @returns {boolean} */
  function either() {
    let result = both();
    while (tokens[at] === 'OR') {
      at += 1;
      // Not short-circuited: the right side must be read to get past it.
      const right = both();
      result = result || right;
    }
    return result;
  }
  /** @returns {boolean} */
  function both() {
    let result = one();
    while (tokens[at] === 'AND') {
      at += 1;
      const right = one();
      result = result && right;
    }
    return result;
  }
  /** @returns {boolean} */
  function one() {
    const token = tokens[at];
    at += 1;
    if (token !== '(') return token !== undefined && allowed.has(token);
    const result = either();
    if (tokens[at] !== ')') return false;
    at += 1;
    return result;
  }
  const result = either();
  return result && at === tokens.length;
}

/**
 * What is wrong with the licences of a lock file, a sentence each.
 * @param {{ packages?: Record<string, LockedPackage> }} lock
 * @returns {string[]}
 */
export function licenceProblems(lock) {
  const problems = [];
  for (const [place, entry] of Object.entries(lock.packages ?? {})) {
    if (!place.includes('node_modules/') || entry.link === true) continue;
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = entry.license;
    if (licence === undefined) {
      problems.push(`${name}@${entry.version}: names no licence`);
    } else if (!isAllowed(licence) && !(entry.dev === true && isDevelopmentException(name, licence))) {
      const where = entry.dev === true ? 'development' : 'the product';
      problems.push(`${name}@${entry.version}: licence ${licence} is not on the list for ${where}`);
    }
  }
  return problems;
}

/**
 * @param {string} name
 * @param {string} licence
 */
function isDevelopmentException(name, licence) {
  for (const [pattern, excepted] of developmentOnly) {
    const fits = pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
    if (fits && excepted === licence) return true;
  }
  return false;
}

/**
 * Versions in package.json that are ranges, tags or addresses.
 * @param {Record<string, unknown>} manifest
 * @returns {string[]}
 */
export function versionProblems(manifest) {
  const problems = [];
  for (const field of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[field] ?? {})) {
      if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(String(version))) {
        problems.push(`package.json: ${field}: ${name}: '${version}' is not one exact version such as 1.2.3`);
      }
    }
  }
  return problems;
}

const here = fileURLToPath(import.meta.url);
if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === here) {
  const root = path.dirname(path.dirname(here));
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const problems = [...versionProblems(manifest), ...licenceProblems(lock)];
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const seen = Object.keys(lock.packages ?? {}).filter((place) => place.includes('node_modules/')).length;
  process.stdout.write(`${seen} packages looked at, ${problems.length} problems\n`);
  // A lock in another shape would otherwise pass by having nothing in it.
  process.exitCode = problems.length > 0 || seen === 0 ? 1 : 0;
}
