import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { createEngine } from '../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { formatProblem } from '../src/sigma/problem.ts';

/**
 * Bundles the Lambda function into one ES module that holds the rules as well, so that a cold start reads one file and parses no YAML.
 * Returns the size of the bundle in bytes.
 */
export async function buildLambda(outfile: string): Promise<number> {
  const { rules, problems } = await loadRules([builtinRules]);
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  const slim = createEngine(rules).active.map((rule) => ({ ...rule, path: '' }));
  const result = await build({
    entryPoints: [new URL('../src/lambda/entry.ts', import.meta.url).pathname],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    metafile: true,
    write: false,
    plugins: [
      {
        name: 'tocsin-rules',
        setup: (api) => {
          api.onResolve({ filter: /^tocsin:rules$/ }, ({ path }) => ({ path, namespace: 'tocsin' }));
          // JSON.parse of a string starts faster than the same data as JavaScript.
          api.onLoad({ filter: /.*/, namespace: 'tocsin' }, () => ({ contents: `export default JSON.parse(${JSON.stringify(JSON.stringify(slim))})`, loader: 'js' }));
        },
      },
    ],
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild made no file');
  mkdirSync(new URL('.', `file://${outfile}`).pathname, { recursive: true });
  writeFileSync(outfile, file.contents);
  return file.contents.length;
}

if (import.meta.main) {
  const outfile = new URL('../dist/lambda/index.mjs', import.meta.url).pathname;
  const size = await buildLambda(outfile);
  process.stdout.write(`${outfile}: ${Math.round(size / 1000)} KB\n`);
}
