import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeValue } from '../../src/decode/decode.ts';
import { isJsonObject, text, type Json } from '../../src/event/json.ts';
import { createEngine, type Engine } from '../../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';

/**
 * Calls that attackers are known to have made (TrailDiscover by Adan Alvarez, https://github.com/adanalvarez/TrailDiscover, CC-BY-4.0), one
 * recorded example each. A call is covered where a rule matches its example, by itself or to be counted by a correlation.
 */
const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const folder = `${data}/cloudtrail-traildiscover`;

const labels = z.array(
  z.object({
    file: z.string(),
    eventSource: z.string(),
    eventName: z.string(),
    usedInWild: z.boolean().nullable(),
  }),
);

let engine: Engine;

beforeAll(async () => {
  const { rules, correlations } = await loadRules([builtinRules]);
  engine = createEngine(rules, correlations);
});

describe.skipIf(!existsSync(folder))('calls that attackers are known to have made', () => {
  it('are covered by a rule in 85 of 100 cases', () => {
    const covered = new Map<string, boolean>();
    for (const label of labels.parse(JSON.parse(readFileSync(`${folder}/labels.json`, 'utf8')))) {
      if (label.usedInWild !== true) continue;
      const record = JSON.parse(readFileSync(`${folder}/logs/${label.file}`, 'utf8')) as Json;
      const { events } = decodeValue(record, { source: 'test', object: label.file, receivedAt: 0 });
      const isMatched = events.some((event) => {
        const { findings, match } = engine.examine(event);
        return findings.length > 0 || match !== undefined;
      });
      const call = `${label.eventSource} ${label.eventName}`;
      covered.set(call, isMatched || covered.get(call) === true);
    }
    const missed = [...covered].filter(([, isCovered]) => !isCovered).map(([call]) => call);
    expect(covered.size).toBeGreaterThan(120);
    expect(missed.length / covered.size, missed.join(', ')).toBeLessThanOrEqual(0.15);
  });

  it('are no longer covered where no rule is loaded, so that the figure means something', () => {
    const record = JSON.parse(readFileSync(`${folder}/logs/StopLogging.json`, 'utf8')) as Json;
    expect(isJsonObject(record) && text(record, 'eventName')).toBe('StopLogging');
    const { events } = decodeValue(record, { source: 'test', object: '', receivedAt: 0 });
    expect(events.map((event) => createEngine([]).examine(event).findings)).toEqual([[]]);
  });
});
