import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BundledRules } from '../src/lambda/entry.ts';
import { loadDecisions } from '../src/runtime/config.ts';
import { contextOf } from '../src/runtime/config-context.ts';
import { knownOf } from '../src/runtime/config-estate.ts';
import { createEngine } from '../src/runtime/engine.ts';
import { loadPipelines } from '../src/runtime/load-pipelines.ts';
import { loadRules } from '../src/runtime/load-rules.ts';
import { rulePaths } from '../src/runtime/packs.ts';
import { formatProblem } from '../src/sigma/problem.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface LambdaBundle {
  readonly folder: string;
  readonly codeBytes: number;
  readonly rulesBytes: number;
}

export interface LambdaOptions {
  /** More rules, besides those that come with Tocsin and those of the configuration. */
  readonly more?: readonly string[];
  /** A configuration whose `rules`, `estate` and `alerts` go into the bundle; files of places do not. */
  readonly config?: string | undefined;
}

/**
 * Makes the folder that is zipped for Lambda: the code as one ES module, and beside it the given rules, parsed, so that a cold
 * start reads two files and no YAML. The handler is `index.handler`.
 */
export async function buildLambda(
  folder: string,
  { more = [], config }: LambdaOptions = {},
): Promise<LambdaBundle> {
  const decisions = config === undefined ? undefined : loadDecisions(config);
  const { rules, correlations, problems } = await loadRules(
    [...rulePaths(decisions?.rules ?? { builtin: true, packs: [], folders: [] }), ...more],
    await loadPipelines(decisions?.rules.pipelines ?? [], decisions?.rules.placeholders),
  );
  const errors = problems.filter(({ level }) => level === 'error');
  if (errors.length > 0) throw new Error(errors.map(formatProblem).join('\n'));
  const {
    active,
    correlations: linked,
    silent,
    ...setting
  } = createEngine(
    rules,
    correlations,
    new Set(decisions?.rules.disabled),
    decisions === undefined
      ? {}
      : {
          known: knownOf(decisions.estate),
          context: contextOf(decisions.estate),
          policy: decisions.alerts,
        },
  ).parts;
  // Paths of the machine that built it mean nothing where it runs.
  const fileName = <R extends { readonly path: string }>(rule: R): R => ({
    ...rule,
    path: rule.path.slice(rule.path.lastIndexOf('/') + 1),
  });
  const bundled: BundledRules = {
    active: active.map((rule) => ({
      ...fileName(rule),
      ...(rule.filters && { filters: rule.filters.map(fileName) }),
    })),
    correlations: linked.map((one) => ({ ...one, correlation: fileName(one.correlation) })),
    silent: [...silent],
    ...setting,
  };
  const parsed = JSON.stringify(bundled);
  const result = await build({
    entryPoints: [join(root, 'src/lambda/entry.ts')],
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    write: false,
  });
  const [code] = result.outputFiles;
  if (code === undefined) throw new Error('esbuild made no file');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.mjs'), code.contents);
  writeFileSync(join(folder, 'rules.json'), parsed);
  return { folder, codeBytes: code.contents.length, rulesBytes: Buffer.byteLength(parsed) };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const { folder, codeBytes, rulesBytes } = await buildLambda(join(root, 'dist/lambda'), values);
  process.stdout.write(
    `${folder}: index.mjs ${Math.round(codeBytes / 1000)} KB, rules.json ${Math.round(rulesBytes / 1000)} KB\n`,
  );
}
