import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createEngine } from '../../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { scan } from '../../src/runtime/scan.ts';
import { prefilterOf } from '../../src/runtime/wanted.ts';
import { findFiles } from '../../src/source/files.ts';

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const folders = existsSync(data)
  ? readdirSync(data).filter((name) => name.startsWith('cloudtrail-'))
  : ['cloudtrail-stratus'];

it.skipIf(!existsSync(data)).each(folders)(
  'recorded logs give the same alerts whether or not records are passed over: %s',
  async (folder) => {
    const { rules, correlations } = await loadRules([builtinRules]);
    const engine = createEngine(rules, correlations);
    expect(prefilterOf(engine, true)).toBeDefined();
    const run = async (passesOver: boolean) => {
      const alerts: string[] = [];
      const { tally } = await scan({
        files: await findFiles([join(data, folder)]),
        engine,
        range: {},
        clock: () => Date.UTC(2026, 0),
        passesOver,
        onAlert: ({ id, title, evidence }) => {
          alerts.push(`${id} ${title} ${evidence.provenance.object}:${evidence.provenance.position}`);
        },
        onRejection: () => {},
        onProgress: () => {},
      });
      return { alerts, records: tally.records, rejected: tally.rejected };
    };
    expect(await run(true)).toEqual(await run(false));
  },
);
