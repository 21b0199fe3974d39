import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { coreRuleSetCases, hasLabelledRequests, parameterValues } from './injection-cases.ts';
import { builtinInjectionRules, confusionOf, judge } from './injection.ts';

const data =
  process.env['TOCSIN_TEST_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

describe.skipIf(!hasLabelledRequests(data))('Injection, held against labelled requests', () => {
  it('finds nine of ten attacks in values of parameters, and next to nothing in normal ones', async () => {
    const all = confusionOf(judge(await builtinInjectionRules(), parameterValues(data))).at(-1);
    expect(all).toMatchObject({ attacks: 7_842, normal: 12_870 });
    const { attacks = 0, found = 0, normal = 0, alarms = 0 } = all ?? {};
    expect(found / attacks).toBeGreaterThanOrEqual(0.9);
    expect(found / (found + alarms)).toBeGreaterThanOrEqual(0.995);
    expect(alarms / normal).toBeLessThanOrEqual(0.005);
  }, 120_000);

  it("finds nine of ten attacks of the Core Rule Set's own tests", async () => {
    const all = confusionOf(judge(await builtinInjectionRules(), coreRuleSetCases(data))).at(-1);
    const { attacks = 0, found = 0 } = all ?? {};
    expect(attacks).toBe(539);
    expect(found / attacks).toBeGreaterThanOrEqual(0.9);
  }, 120_000);
});
