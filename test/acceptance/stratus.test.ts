import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Alert } from '../../src/alert/alert.ts';
import { decode } from '../../src/decode/decode.ts';
import { atLeast } from '../../src/event/severity.ts';
import { createEngine, type Engine } from '../../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { decide, newTally, type Tally } from '../../src/runtime/pipeline.ts';
import { correlatorDefaults, createCorrelator } from '../../src/sigma/correlation/correlator.ts';
import type { RuleHeader } from '../../src/sigma/rule.ts';

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const stratus = `${data}/cloudtrail-stratus`;
const auditor = `${data}/cloudtrail-baseline-audit/samples-large.json`;

const techniques = Object.entries(
  z
    .record(z.string(), z.array(z.uuid()))
    .parse(parse(readFileSync(new URL('stratus-techniques.yml', import.meta.url), 'utf8'))),
);
const named = techniques.filter(([, rules]) => rules.length > 0);

let rules: readonly RuleHeader[];
let engine: Engine;

beforeAll(async () => {
  const loaded = await loadRules([builtinRules]);
  rules = [...loaded.rules, ...loaded.correlations];
  engine = createEngine(loaded.rules, loaded.correlations);
});

async function read(path: string): Promise<{ tally: Tally; alerts: readonly Alert[] }> {
  const tally = newTally();
  const alerts: Alert[] = [];
  const origin = { source: 'file', object: path, receivedAt: 0 };
  const correlator = createCorrelator(engine.correlations, { ...correlatorDefaults, lateness: Infinity });
  for await (const batch of decode(createReadStream(path), origin)) {
    const { alerts: decided, matches, time } = decide(batch, engine, Date.now(), tally);
    alerts.push(...decided, ...engine.raiseCorrelated(correlator.take(matches, time), 0));
  }
  alerts.push(...engine.raiseCorrelated(correlator.flush(), 0));
  return { tally, alerts };
}

describe('the table of attack techniques', () => {
  it('names rules that ship', () => {
    const shipped = new Set(rules.map((rule) => rule.id));
    expect(named.flatMap(([, ids]) => ids).filter((id) => !shipped.has(id))).toEqual([]);
  });

  it('covers all 35 techniques', () => {
    expect(techniques).toHaveLength(35);
    expect(named).toHaveLength(35);
  });
});

describe.skipIf(!existsSync(stratus))('recorded attacks, one technique a file', () => {
  it('decode to the last record', async () => {
    const tallies: Tally[] = [];
    for (const [technique] of techniques) tallies.push((await read(`${stratus}/${technique}.json`)).tally);
    const sum = (key: 'records' | 'events' | 'rejected') =>
      tallies.reduce((total, tally) => total + tally[key], 0);
    expect([sum('records'), sum('events'), sum('rejected')]).toEqual([310, 310, 0]);
  });

  it.each(named)('%s is named', async (technique, ids) => {
    const { alerts } = await read(`${stratus}/${technique}.json`);
    const raised = new Set(alerts.map((alert) => alert.rule.id));
    expect(ids.filter((id) => !raised.has(id))).toEqual([]);
  });
});

describe.skipIf(!existsSync(auditor))('a legitimate auditor who reads the settings of every bucket', () => {
  it('raises no alert of medium severity or over', async () => {
    const { tally, alerts } = await read(auditor);
    expect(tally.events).toBeGreaterThanOrEqual(793);
    expect(alerts.filter((alert) => atLeast(alert.severity, 'medium')).map((alert) => alert.title)).toEqual(
      [],
    );
  });
});
