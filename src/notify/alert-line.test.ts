import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { alertLine, changeLine, lineFormats } from './alert-line.ts';
import { normalAlert, minimalAlert } from './testing/alerts.ts';
import { context, recordedAlerts, resolvedContext } from './testing/aws-contract.ts';

/** What a program that reads CEF gets: https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/, chapter on CEF. */
function readCef(text: string): {
  readonly head: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
} {
  const parts = text.split(/(?<!\\)(?:\\\\)*\|/);
  const separators = [...text.matchAll(/(?<!\\)(?:\\\\)*\|/g)];
  const end = separators[6];
  if (parts.length < 8 || end === undefined) throw new Error('CEF has seven parts before its extension');
  const extension = text.slice(end.index + end[0].length);
  const starts = [...extension.matchAll(/(?:^| )([A-Za-z][A-Za-z0-9]*)(?<!\\)=/g)];
  const fields = starts.map((start, index): [string, string] => {
    const value = extension.slice(start.index + start[0].length, starts[index + 1]?.index);
    if (/(?<!\\)(?:\\\\)*=/.test(value)) throw new Error(`an equals sign that is not escaped in ${start[1]}`);
    return [start[1] ?? '', value.replace(/\\([\\=])/g, '$1')];
  });
  return { head: parts.slice(0, 7), fields: Object.fromEntries(fields) };
}

/** https://schema.ocsf.io/1.3.0/classes/detection_finding: what is required, and the kinds of what is used. */
const finding = z.looseObject({
  activity_id: z.int().min(1).max(3),
  category_uid: z.literal(2),
  class_uid: z.literal(2004),
  type_uid: z.int().min(200_401).max(200_403),
  severity_id: z.int().min(1).max(5),
  status_id: z.int().min(1).max(4),
  time: z.int(),
  metadata: z.looseObject({
    version: z.literal('1.3.0'),
    product: z.looseObject({ vendor_name: z.string() }),
    profiles: z.tuple([z.literal('cloud')]),
  }),
  finding_info: z.looseObject({ uid: z.string().min(1), title: z.string() }),
});

describe.each(['text', 'cef', 'ocsf'] as const)('a line of %s', (format) => {
  it.each(recordedAlerts)(
    'for a %s alert is as recorded, one line, and nothing that a terminal acts on',
    async (name, alert, link) => {
      const line = alertLine(alert, { ...context, link }, format, 8192);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8192);
      expect(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_C}]/u.test(line)).toBe(false);
      await expect(`${line}\n`).toMatchFileSnapshot(`golden/line-${format}-${name}.txt`);
    },
  );

  it('fits the shortest that can be asked for', () => {
    for (const [, alert, link] of recordedAlerts)
      expect(Buffer.byteLength(alertLine(alert, { ...context, link }, format, 2048))).toBeLessThanOrEqual(
        2048,
      );
  });

  it('says how an alert stands now', () => {
    const line = changeLine(normalAlert, resolvedContext(), format, 8192);
    expect(line).toContain(
      { text: 'now resolved by slack:U1', cef: 'cs6=resolved', ocsf: '"status":"Resolved"' }[format],
    );
    expect(/[\p{Cc}\p{Bidi_C}]/u.test(line)).toBe(false);
  });
});

describe('CEF', () => {
  it('is read back as it was meant', () => {
    const { head, fields } = readCef(alertLine(normalAlert, context, 'cef', 8192));
    expect(head.slice(0, 3)).toEqual(['CEF:0', 'Tocsin', 'Tocsin']);
    expect(head[6]).toBe('10');
    expect(fields).toMatchObject({
      externalId: normalAlert.id,
      rt: String(normalAlert.time),
      suser: normalAlert.who.name,
      cs1Label: 'AWS account',
      cs1: normalAlert.where.account,
      act: normalAlert.what.action,
    });
  });

  it('keeps every field apart, whatever names a log has', () => {
    const odd = fc.string({
      unit: fc.constantFrom('|', '\\', '=', ' ', 'a', '\n', '\r', 'src=', '\u2028'),
      maxLength: 30,
    });
    fc.assert(
      fc.property(odd, odd, odd, (title, name, agent) => {
        const alert = {
          ...normalAlert,
          rule: { id: title, title },
          title,
          who: { ...normalAlert.who, name },
          where: { ...normalAlert.where, userAgent: agent },
        };
        const line = alertLine(alert, context, 'cef', 8192);
        expect(line).not.toMatch(/[\r\n\u2028]/);
        const { head, fields } = readCef(line);
        expect(head).toHaveLength(7);
        expect(fields['src']).toBe('203.0.113.7');
        expect(fields['externalId']).toBe(normalAlert.id);
      }),
    );
  });
});

describe('OCSF', () => {
  it.each(recordedAlerts)('is a Detection Finding for a %s alert', (_name, alert, link) => {
    for (const most of [2048, 65_536])
      expect(
        finding.safeParse(JSON.parse(alertLine(alert, { ...context, link }, 'ocsf', most))).error,
      ).toBeUndefined();
  });

  it('creates, updates and closes', () => {
    const ids = (line: string) => {
      const { type_uid: type, status_id: status, severity_id: severity } = finding.parse(JSON.parse(line));
      return [type, status, severity];
    };
    const told = resolvedContext();
    const acknowledged = { ...told, standing: { ...told.standing, status: 'acknowledged' as const } };
    expect(ids(alertLine(normalAlert, context, 'ocsf', 65_536))).toEqual([200_401, 1, 5]);
    expect(ids(changeLine(normalAlert, acknowledged, 'ocsf', 65_536))).toEqual([200_402, 2, 4]);
    expect(ids(changeLine(normalAlert, told, 'ocsf', 65_536))).toEqual([200_403, 4, 4]);
  });
});

it('JSON is the event of the webhook', () => {
  expect(JSON.parse(alertLine(minimalAlert, context, 'json', 65_536))).toMatchObject({
    type: 'alert.created',
  });
  expect(JSON.parse(changeLine(minimalAlert, resolvedContext(), 'json', 65_536))).toMatchObject({
    type: 'alert.changed',
  });
  expect(lineFormats).toContain('json');
});
