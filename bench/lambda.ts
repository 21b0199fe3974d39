import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLambda } from '../scripts/build-lambda.ts';
import { median } from './measure.ts';

const limits = { codeBytes: 500_000, importMs: 60 };

/** What a cold start of the Lambda function pays for: the size of the code, and the time to import it in a fresh process. */
export async function benchLambda(smoke: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-lambda-'));
  try {
    const { codeBytes, rulesBytes } = await buildLambda(folder);
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, 'export {};\n');
    const rounds = smoke ? 1 : 15;
    const times = { bundle: [] as number[], empty: [] as number[] };
    for (let i = 0; i < rounds; i++) {
      times.bundle.push(importTime(join(folder, 'index.mjs')));
      times.empty.push(importTime(empty));
    }
    for (const list of Object.values(times)) list.sort((a, b) => a - b);
    const typical = median(times.bundle);
    process.stdout.write(
      `\nlambda: a fresh process imports the bundle\n` +
        `  code                ${kb(codeBytes)} (limit ${kb(limits.codeBytes)}: ${codeBytes <= limits.codeBytes ? 'kept' : 'BROKEN'}), rules ${kb(rulesBytes)}\n` +
        `  import              ${typical.toFixed(1)} ms, ${times.bundle[0]?.toFixed(1)}-${times.bundle.at(-1)?.toFixed(1)} ms (limit ${limits.importMs} ms: ${typical <= limits.importMs ? 'kept' : 'BROKEN'})\n` +
        `  an empty module     ${median(times.empty).toFixed(1)} ms\n`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function importTime(file: string): number {
  const script = `const t = performance.now(); await import(${JSON.stringify(file)}); console.log(performance.now() - t)`;
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }),
  );
}

function kb(bytes: number): string {
  return `${Math.round(bytes / 1000)} KB`;
}
