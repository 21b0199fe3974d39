// Everything that is wrong with the source and no test can see: types, lint, format, unused code, licences.
// `npm run check` runs all steps and tells all that failed; `npm run check -- types lint` runs the ones named.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tsc = 'node_modules/typescript/bin/tsc';

/** @type {Record<string, { commands: string[][], wayOut: string }>} */
const steps = {
  types: { commands: [[tsc], [tsc, '-p', 'scripts/tsconfig.json']], wayOut: 'see the places above' },
  lint: {
    commands: [['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings']],
    wayOut: 'see the places above; the rules are in .oxlintrc.json',
  },
  format: {
    commands: [['node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn']],
    wayOut: 'npm run format',
  },
  unused: {
    commands: [['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints']],
    wayOut: 'remove what nothing uses, or name its use in knip.json',
  },
  licences: {
    commands: [['scripts/licences.mjs']],
    wayOut: 'take a package with a licence of the list, or name the exception in scripts/licences.mjs',
  },
};

/**
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(args) {
  return new Promise((resolve, reject) => {
    const [script = '', ...rest] = args;
    const child = spawn(process.execPath, [path.join(root, script), ...rest], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => steps[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`check: '${unknown}' is no step; expected ${Object.keys(steps).join(', ')}\n`);
  process.exit(2);
}

let failed = 0;
// One after the other: each of these tools uses all cores by itself.
for (const name of asked.length > 0 ? asked : Object.keys(steps)) {
  const step = steps[name];
  if (step === undefined) continue;
  const begun = performance.now();
  const results = [];
  for (const command of step.commands) results.push(await run(command));
  const ok = results.every(({ code }) => code === 0);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  if (!ok) {
    failed += 1;
    for (const { code, output } of results) if (code !== 0) process.stdout.write(`${output.trimEnd()}\n`);
  }
  process.stdout.write(`check ${name}: ${ok ? 'ok' : `FAILED; way out: ${step.wayOut}`} (${seconds} s)\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
