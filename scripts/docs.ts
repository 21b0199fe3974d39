// Fills the parts of docs/ that the code knows best: between `<!-- made from the code: NAME -->` and `<!-- end -->`
// stands what the table below makes, and all of schema/. `node scripts/docs.ts` writes, `node scripts/docs.ts --check` only tells.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { commands } from './docs/cli.ts';
import { channelKeys, channelTypes, configurationKeys } from './docs/configuration.ts';
import { routes } from './docs/http-api.ts';
import { lintCodeTable } from './docs/lint.ts';
import { metricTable, workerMetricTable } from './docs/metrics.ts';
import { noisyLevels } from './docs/backtest.ts';
import { ruleSchema } from '../src/alert/rule-schema.ts';
import { testSchema } from '../src/runtime/rule-tests.ts';
import { dialTable } from './docs/dial.ts';
import {
  alertFieldTable,
  builtinRuleTables,
  fieldTable,
  packTables,
  templateValueTable,
} from './docs/rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs');

const makers: Readonly<Record<string, () => string | Promise<string>>> = {
  'alert fields': alertFieldTable,
  commands,
  configuration: configurationKeys,
  fields: fieldTable,
  'lint codes': lintCodeTable,
  metrics: metricTable,
  'worker metrics': workerMetricTable,
  'noisy levels': noisyLevels,
  routes,
  packs: packTables,
  rules: builtinRuleTables,
  'template values': templateValueTable,
  'what DIAL watches': dialTable,
  ...Object.fromEntries(channelTypes().map((type) => [`channel ${type}`, () => channelKeys(type)])),
};

export interface Page {
  /** From the root of the repository, such as `docs/cli.md`. */
  readonly path: string;
  readonly written: string;
  /** What should be written there now. */
  readonly made: string;
}

const part = /(<!-- made from the code: ([^>]+) -->\n)[\s\S]*?(<!-- end -->)/g;

/**
 * Every page of docs/ as it is and as it should be.
 * @throws {Error} where a page asks for a part that nobody makes, or a part is asked for by no page
 */
export async function docPages(): Promise<readonly Page[]> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.md')).sort();
  const made = new Map<string, string>();
  const pages: Page[] = [];
  for (const path of paths) {
    const file = join(folder, path);
    const written = readFileSync(file, 'utf8');
    for (const [, , name = ''] of written.matchAll(part)) {
      const make = makers[name];
      if (make === undefined)
        throw new Error(`docs/${path}: nobody makes '${name}'; there is ${Object.keys(makers).join(', ')}`);
      if (!made.has(name)) made.set(name, await make());
    }
    const filled = written.replace(
      part,
      (_, begin: string, name: string, end: string) => `${begin}\n${made.get(name) ?? ''}\n\n${end}`,
    );
    const options = await resolveConfig(file);
    pages.push({
      path: relative(root, file),
      written,
      made: await format(filled, { ...options, filepath: file }),
    });
  }
  const unused = Object.keys(makers).filter((name) => !made.has(name));
  if (unused.length > 0) throw new Error(`docs/: no page has the part '${unused.join("', '")}'`);
  return pages;
}

/** The schemas of schema/, as they are and as they should be. */
export async function schemaFiles(): Promise<readonly Page[]> {
  const files: Page[] = [];
  for (const [path, schema] of [
    ['schema/rule.schema.json', ruleSchema()],
    ['schema/test.schema.json', testSchema()],
  ] as const) {
    const file = join(root, path);
    const options = await resolveConfig(file);
    files.push({
      path,
      written: existsSync(file) ? readFileSync(file, 'utf8') : '',
      made: await format(JSON.stringify(schema), { ...options, filepath: file }),
    });
  }
  return files;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const checkOnly = process.argv.includes('--check');
  for (const { path, written, made } of [...(await docPages()), ...(await schemaFiles())]) {
    if (written === made) continue;
    if (checkOnly) {
      process.stderr.write(`${path}: is not what the code says now; way out: node scripts/docs.ts\n`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), made);
      process.stdout.write(`${path} written\n`);
    }
  }
}
