import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createPrefilter } from '../../src/decode/prefilter/prefilter.ts';
import { createEngine } from '../../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { scan } from '../../src/runtime/scan.ts';
import { wantedBy } from '../../src/runtime/wanted.ts';
import { findFiles } from '../../src/source/files.ts';

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const folders = existsSync(data)
  ? readdirSync(data).filter((name) => name.startsWith('cloudtrail-'))
  : ['cloudtrail-stratus'];

describe.skipIf(!existsSync(data))(
  'recorded logs give the same alerts whether or not records are passed over',
  () => {
    it.each(folders)('%s', async (folder) => {
      const { rules } = await loadRules([builtinRules]);
      const engine = createEngine(rules);
      const wanted = wantedBy(engine.active);
      const prefilter = wanted && createPrefilter(wanted);
      expect(prefilter).toBeDefined();
      const run = async (through: typeof prefilter) => {
        const alerts: string[] = [];
        const result = await scan({
          files: await findFiles([join(data, folder)]),
          engine,
          range: {},
          clock: () => 0,
          prefilter: through,
          onAlert: ({ id, title, evidence }) => {
            alerts.push(`${id} ${title} ${evidence.provenance.object}:${evidence.provenance.position}`);
          },
          onRejection: () => {},
          onProgress: () => {},
        });
        return { alerts, records: result.tally.records, rejected: result.tally.rejected };
      };
      expect(await run(prefilter)).toEqual(await run(undefined));
    });
  },
);
