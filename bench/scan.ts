import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decode } from '../src/decode/decode.ts';
import { createEngine } from '../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../src/runtime/load-rules.ts';
import { decide, newTally } from '../src/runtime/pipeline.ts';
import { makeArchive, type Archive } from './archive.ts';
import { measure, printTable } from './measure.ts';

/**
 * Records a second through decode alone and through decode with all rules, against the two limits of any engine that reads such an archive:
 * unpacking alone, and unpacking with JSON.parse of every whole file.
 */
export async function benchScan(smoke: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
  try {
    const archive = makeArchive(folder, smoke ? 4_000 : 100_000);
    const { rules, correlations } = await loadRules([builtinRules]);
    const engine = createEngine(rules, correlations);
    let alerts = 0;
    const results = await measure(smoke ? 1 : 5, {
      'gunzip alone': () => readAll(archive, (content) => content.length),
      'gunzip + JSON.parse': () =>
        readAll(
          archive,
          (content) => (JSON.parse(content.toString('utf8')) as { Records: unknown[] }).Records.length,
        ),
      decode: () => decodeAll(archive, () => {}),
      [`decode + ${engine.active.length} rules`]: async () => {
        const tally = newTally();
        alerts = 0;
        await decodeAll(archive, (batch) => {
          alerts += decide(batch, engine, 0, tally).alerts.length;
        });
        if (tally.events !== archive.records)
          throw new Error(`${tally.events} events of ${archive.records} records`);
      },
    });
    printTable(
      `scan: ${archive.records.toLocaleString('en')} records, ${(archive.packedBytes / 1e6).toFixed(1)} MB packed, ${(archive.unpackedBytes / 1e6).toFixed(0)} MB unpacked, ${alerts} alerts`,
      results,
      { amount: archive.records, unit: 'records', bytes: archive.unpackedBytes },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readAll(archive: Archive, use: (content: Buffer) => number): void {
  let sum = 0;
  for (const file of archive.files) sum += use(gunzipSync(readFileSync(file)));
  if (sum === 0) throw new Error('nothing was read');
}

async function decodeAll(
  archive: Archive,
  use: (batch: Parameters<typeof decide>[0]) => void,
): Promise<void> {
  for (const file of archive.files) {
    const chunks = createReadStream(file, { highWaterMark: 512 * 1024 });
    for await (const batch of decode(chunks, { source: 'file', object: file, receivedAt: 0 })) use(batch);
  }
}
