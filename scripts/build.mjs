// Makes dist/ out of src/: what an installed package runs, since Node strips no types under node_modules.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * @param {string} script
 * @param {readonly string[]} args
 */
function step(script, args) {
  const result = spawnSync(process.execPath, [path.join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (result.status !== 0) {
    process.stderr.write(`build: ${script} ${args.join(' ')} failed; its reason is above\n`);
    process.exit(result.status ?? 1);
  }
}

// What a removed source file left behind would otherwise be shipped for ever.
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
step('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json']);
// What the compiler does not know: the style sheets and the script of the pages.
cpSync(path.join(root, 'src/api/assets'), path.join(root, 'dist/api/assets'), { recursive: true });
// Its own rules as it reads them, so that it has no YAML to read when it starts.
const kept = mkdtempSync(path.join(tmpdir(), 'tocsin-build-'));
const { builtinRules, loadRules } = await import(
  pathToFileURL(path.join(root, 'dist/runtime/load-rules.js')).href
);
await loadRules([builtinRules], [], kept);
// Written anew and not copied: what is kept for one user, nobody else may read.
for (const entry of readdirSync(kept))
  writeFileSync(path.join(root, 'dist/runtime/rules-as-read.json'), readFileSync(path.join(kept, entry)));
rmSync(kept, { recursive: true });
// The function is one bundle that is zipped as it is; its separate modules would only be in the way.
rmSync(path.join(root, 'dist/lambda'), { recursive: true });
step('scripts/build-lambda.ts', []);
