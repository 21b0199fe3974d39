import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderAlert } from './terminal.ts';
import {
  correlatedAlert,
  hostileAlert,
  hostileCorrelatedAlert,
  hostileText,
  minimalAlert,
  normalAlert,
} from './testing/alerts.ts';

const plain = { colour: false, width: 100 };
const ownCodes = new RegExp(`${String.fromCharCode(0x1b)}\\[[\\d;]+m`, 'g');

describe('an alert on a terminal', () => {
  it.each([
    ['normal', normalAlert, plain],
    ['normal-verbose', normalAlert, { ...plain, verbose: true }],
    ['normal-narrow-colour', normalAlert, { colour: true, width: 50 }],
    ['minimal', minimalAlert, plain],
    ['hostile', hostileAlert, plain],
    ['correlated', correlatedAlert, plain],
    ['correlated-verbose', correlatedAlert, { ...plain, verbose: true }],
    ['correlated-hostile', hostileCorrelatedAlert, plain],
  ])('is as recorded: %s', async (name, alert, options) => {
    await expect(`${renderAlert(alert, options)}\n`).toMatchFileSnapshot(`golden/terminal-${name}.txt`);
  });

  it.each([
    ['an incident', { ...normalAlert, rule: { id: 'incident', title: 'Incident' } }],
    [
      'the health of Tocsin',
      { ...normalAlert, what: { ...normalAlert.what, kind: 'tocsin.health' as const } },
    ],
  ])('says nothing of a call, its origin or its record where it tells of %s', (_, alert) => {
    const labels = renderAlert(alert, plain).matchAll(/^ +(who|when|from|where|call|means|event) {2}/gm);
    expect([...labels].map(([, label]) => label)).toEqual(['who', 'when', 'where', 'means']);
  });

  it('says what others said, and why some said nothing', () => {
    const about = { type: 'address' as const, value: '185.220.101.1' };
    const said = { about, at: 0, summary: '40 reports' };
    const lookups = [
      { ...said, provider: 'AbuseIPDB', verdict: 'malicious' as const },
      { ...said, provider: 'ipinfo', verdict: 'none' as const, summary: 'AS64500 Example Ltd' },
      { ...said, provider: 'OTX', verdict: 'unanswered' as const, summary: 'HTTP 503 from the receiver' },
    ];
    const warnings = [{ type: 'address' as const, value: '185.220.101.1', feed: 'partner', label: 'Emotet' }];
    expect(
      renderAlert({ ...normalAlert, context: { warnings, lookups } }, { ...plain, width: 200 }),
    ).toContain(
      [
        ' warning  185.220.101.1 is in the feed partner: Emotet',
        '  lookup  AbuseIPDB on 185.220.101.1: malicious, 40 reports',
        '          ipinfo on 185.220.101.1: AS64500 Example Ltd',
        '          OTX on 185.220.101.1: no answer, HTTP 503 from the receiver\n',
      ].join('\n'),
    );
  });

  it('says the same with colour as without', () => {
    const coloured = renderAlert(normalAlert, { ...plain, colour: true });
    expect(coloured).not.toBe(renderAlert(normalAlert, plain));
    expect(coloured.replace(ownCodes, '')).toBe(renderAlert(normalAlert, plain));
  });

  it('lets nothing from a log act on the terminal, whatever is in it', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(hostileText), fc.string());
    fc.assert(
      fc.property(
        text,
        text,
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: -5, max: 300 }),
        (a, b, colour, verbose, width) => {
          const alert = {
            ...normalAlert,
            title: a,
            response: b,
            description: a + b,
            rule: { id: a, title: b },
            who: { ...normalAlert.who, name: a, arn: b, accessKeyId: b, chain: [a, b] },
            where: { account: a, region: b, origin: { type: 'unknown' as const, text: a }, userAgent: b },
            facts: [{ explanation: a, unknowns: [b] }],
            correlation: {
              type: a,
              summary: a,
              group: [{ field: b, value: a }],
              value: 1,
              start: 0,
              end: 1,
              total: 2,
              events: (correlatedAlert.correlation?.events ?? []).slice(0, 2).map((event) => ({
                ...event,
                action: b,
                target: a,
                reason: b,
                who: { kind: 'unknown' as const, name: a },
              })),
            },
            evidence: { ...normalAlert.evidence, eventId: a, fields: { [a]: b, deep: [[[[a]]]] } },
          };
          const shown = renderAlert(alert, { colour, verbose, width });
          expect((colour ? shown.replace(ownCodes, '') : shown).replaceAll('\n', '')).not.toMatch(
            /[\p{Cc}\p{Cf}\p{Cs}]/u,
          );
        },
      ),
    );
  }, 180_000);

  it('keeps to the width', () => {
    for (const width of [40, 80, 120]) {
      const rows = renderAlert(hostileCorrelatedAlert, { colour: false, width, verbose: true }).split('\n');
      expect(rows.filter((row) => Array.from(row.replace(/\p{M}/gu, '')).length > width)).toEqual([]);
    }
  });

  it('says a hostile event of megabytes in a screenful', () => {
    expect(renderAlert(hostileAlert, plain).split('\n').length).toBeLessThan(100);
  });
});
