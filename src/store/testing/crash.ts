import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { sampleAlert } from './samples.ts';
import type { Store } from '../store.ts';

/** Each batch of `commitUntilKilled` has so many alerts, each owed to two channels. */
export const batchSize = 3;
export const crashSource = 'crash';

/**
 * What a child process does until it is killed: commits numbered batches, several at a time, and prints the number of
 * each once its promise has resolved. Alert `batch * batchSize + i` belongs to `batch`.
 */
export async function commitUntilKilled(store: Store, firstBatch: number): Promise<never> {
  const lane = async (start: number): Promise<never> => {
    for (let batch = start; ; batch += 4) {
      const alerts = Array.from({ length: batchSize }, (_, index) => ({
        alert: sampleAlert(batch * batchSize + index),
        channels: ['slack', 'siem'],
      }));
      await store.commit({
        alerts,
        positions: [{ source: `${crashSource}-${batch}`, position: `${batch}` }],
        state: [{ key: `${crashSource}-${batch}`, value: { batch } }],
        now: batch,
      });
      writeSync(1, `${batch}\n`);
    }
  };
  return Promise.race([0, 1, 2, 3].map((offset) => lane(firstBatch + offset)));
}

/** What a child process does that leads until it is killed. */
export async function leadUntilKilled(store: Store): Promise<void> {
  const leadership = await store.lead();
  writeSync(1, leadership === undefined ? 'another leads\n' : 'leads\n');
  setInterval(() => {}, 60_000);
}

/**
 * Runs a child until it has printed `lines` lines, kills it with SIGKILL wherever it is by then, and returns the whole
 * lines that it printed, those included that it printed before the signal reached it.
 */
export function killAfter(lines: number, program: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let problems = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      if (printed.split('\n').length > lines) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      problems += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(printed.split('\n').slice(0, -1));
      else reject(new Error(`the child ended by itself with code ${code}: ${problems}`));
    });
  });
}
