import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/alert/alert.ts';
import { decodeValue } from '../../src/decode/decode.ts';
import type { Json } from '../../src/event/json.ts';
import { createEngine } from '../../src/runtime/engine.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { decide, newTally } from '../../src/runtime/pipeline.ts';
import { storyPath } from '../../src/runtime/story.ts';

interface Step {
  readonly afterSeconds: number;
  readonly comment: string;
  readonly record: { readonly [key: string]: Json };
}

const steps: readonly Step[] = JSON.parse(readFileSync(storyPath, 'utf8'));

describe('the sample story', () => {
  it('has steps in order, which carry neither time nor id', () => {
    const times = steps.map((step) => step.afterSeconds);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(steps.filter((step) => 'eventTime' in step.record || 'eventID' in step.record)).toEqual([]);
  });

  it('names nobody but documentation accounts and addresses', () => {
    const text = JSON.stringify(steps);
    const addresses = steps
      .map((step) => step.record['sourceIPAddress'])
      .filter((address) => typeof address === 'string')
      .filter((address) => /^[\d.]+$/.test(address));
    expect(addresses.filter((address) => !/^(198\.51\.100|203\.0\.113)\./.test(address))).toEqual([]);
    expect(
      [...new Set(text.match(/(?<=[:"])\d{12}(?=[:"\\])/g))].filter(
        (account) => !['111122223333', '444455556666'].includes(account),
      ),
    ).toEqual([]);
  });

  it('raises the alerts of the attack, in order, and no other', async () => {
    const { rules, correlations, problems } = await loadRules([builtinRules]);
    expect(problems).toEqual([]);
    const engine = createEngine(rules, correlations);
    const tally = newTally();
    const alerts: Alert[] = [];
    steps.forEach(({ afterSeconds, record }, i) => {
      const eventTime = new Date(Date.UTC(2026, 4, 11, 7) + afterSeconds * 1000).toISOString();
      const batch = decodeValue(
        { ...record, eventTime, eventID: `step-${i}` },
        { source: 'file', object: 'story', receivedAt: 0 },
      );
      alerts.push(...decide(batch, engine, 0, tally).alerts);
    });
    expect([tally.events, tally.rejected]).toEqual([steps.length, 0]);
    expect(alerts.map((alert) => `${alert.severity}: ${alert.title}`)).toEqual([
      // What is ordinary is there too, at the lowest severity, which is told to nobody unless asked for.
      'informational: github-deploy/shop-web-run-1842 opened TCP 443 (HTTPS) of the security group sg-0b7d5e2f4860c3f9a to the whole internet',
      'medium: newsletter-mailer tried to launch instances of type p4d.24xlarge in us-east-1 and was refused (Client.UnauthorizedOperation)',
      'medium: newsletter-mailer created an access key for archive-sync',
      'critical: archive-sync stopped the trail fernweh-books-events',
      'medium: archive-sync created a console password for archive-sync',
      'medium: archive-sync signed in to the console of account 111122223333 without a second factor, from 203.0.113.66',
      'medium: archive-sync switched off Block Public Access for the bucket fernweh-books-invoices (BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls and 1 more)',
      'critical: archive-sync made the bucket fernweh-books-invoices public (access: read, list)',
      'high: archive-sync opened TCP 22 (SSH) of the security group sg-0c3f9a1b7d5e2f486 to the whole internet',
      'medium: archive-sync shared the disk snapshot snap-0e2f4860c3f9a1b7d with the account 444455556666',
      'informational: AWSReservedSSO_PlatformAdmin_1f2e3d4c5b6a7980/nora.lindqvist@fernweh-books.example deleted the policy of the bucket fernweh-books-invoices',
    ]);
  });
});
