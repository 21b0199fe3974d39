import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../alert/alert.ts';
import { occurrencesOf } from '../../alert/occurrences.ts';
import { atLeast, severities } from '../../event/severity.ts';
import type { Open } from './opened-store.ts';
import { exceptionChoices } from '../store.ts';
import { hostileTexts, sampleException, sampleAlert, sampleId } from './samples.ts';
import { BadCursorError, type AlertQuery, type Store } from '../store.ts';

async function pages(store: Store, query: AlertQuery): Promise<readonly Alert[][]> {
  const found: Alert[][] = [];
  let after: string | undefined;
  do {
    const page = await store.alerts({ ...query, after });
    found.push([...page.alerts]);
    after = page.next;
  } while (after !== undefined);
  return found;
}

function put(store: Store, alerts: readonly Alert[]): Promise<unknown> {
  return store.commit({ alerts: alerts.map((alert) => ({ alert, channels: [] })), now: 1 });
}

function newestFirst(a: Alert, b: Alert): number {
  return b.time - a.time || (a.id < b.id ? 1 : -1);
}

/** The alert as one of several findings, the first and last of which were at these times. */
function spanning(alert: Alert, firstSeen: number, lastSeen: number): Alert {
  if (firstSeen === lastSeen) return alert;
  return { ...alert, occurrences: { ...occurrencesOf(alert), count: 3, firstSeen, lastSeen } };
}

export function describeAlerts(open: Open): void {
  describe('alerts', () => {
    it('finds what a filter over an array finds, in the same order, in pages of any size', async () => {
      const { store } = await open();
      const alerts: Alert[] = [];
      const time = fc.oneof(fc.nat(8), fc.constantFrom(-5, 2.5, 700_000, 4_000_000, 2e9, 1e15));
      // From moments to years, so that every length that a store may tell apart is there.
      const reach = fc.oneof(
        fc.constant(0),
        fc.constantFrom(3, 600_000, 700_000, 4_000_000, 4e7, 3e8, 2e9, 1e10, 1e11),
      );
      const newAlert = fc.record({
        time,
        before: reach,
        behind: reach,
        severity: fc.constantFrom(...severities),
        ruleId: fc.constantFrom('rule-a', 'rule-b'),
        account: fc.constantFrom('1', '2', undefined),
        exception: fc.constantFrom(undefined, sampleException),
      });
      const filter = fc.record(
        {
          severity: fc.constantFrom(...severities),
          ruleId: fc.constantFrom('rule-a', 'rule-b', 'no-rule'),
          account: fc.constantFrom('1', '2', '3'),
          since: time,
          until: time,
          exceptions: fc.constantFrom(...exceptionChoices),
          limit: fc.integer({ min: 1, max: 7 }),
        },
        { requiredKeys: ['limit'] },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(newAlert, { maxLength: 4 }), filter, async (parts, query) => {
          const added = parts.map((part) => {
            const alert = sampleAlert(alerts.length * 7_919 + parts.indexOf(part), part);
            return spanning(alert, alert.time - part.before, alert.time + part.behind);
          });
          const known = new Set(alerts.map((alert) => alert.id));
          const fresh = added.filter((alert) => !known.has(alert.id));
          alerts.push(...fresh);
          await put(store, fresh);
          const expected = alerts
            .filter((alert) => query.severity === undefined || atLeast(alert.severity, query.severity))
            .filter((alert) => query.ruleId === undefined || alert.rule.id === query.ruleId)
            .filter((alert) => query.account === undefined || alert.where.account === query.account)
            .filter(({ exception }) =>
              query.exceptions === 'show'
                ? true
                : (query.exceptions === 'only') === (exception !== undefined),
            )
            .filter((alert) => query.since === undefined || occurrencesOf(alert).lastSeen >= query.since)
            .filter((alert) => query.until === undefined || occurrencesOf(alert).firstSeen < query.until)
            .sort(newestFirst);
          const found = await pages(store, query);
          expect(found.flat()).toEqual(expected);
          for (const page of found.slice(0, -1)) expect(page).toHaveLength(query.limit);
        }),
        { numRuns: 150 },
      );
      expect(alerts.length).toBeGreaterThan(100);
    }, 180_000);

    it('finds by words, names and other filters what a filter over an array finds', async () => {
      const { store } = await open();
      const alerts = Array.from({ length: 40 }, (_, n) => {
        const plain = sampleAlert(n, {
          time: n % 9,
          title: `${n % 2 === 0 ? 'Élise opened' : 'bob closed'} vault-${n % 5} "now"`,
          severity: severities[n % 5] ?? 'low',
          account: `${n % 3}`,
          ...(n % 7 === 0 ? { exception: sampleException } : {}),
        });
        const arn = `arn:aws:iam::111122223333:user/${'path/'.repeat(n % 4)}${n % 2 === 0 ? 'elise' : 'bob'}${'x'.repeat(n % 4 === 3 ? 200 : 0)}`;
        return { ...plain, who: { ...plain.who, name: n % 2 === 0 ? 'Élise Müller' : 'bob', arn } };
      });
      await put(store, alerts);
      const expected = (keep: (alert: Alert, n: number) => boolean) =>
        alerts
          .filter((alert, n) => keep(alert, n) && alert.exception === undefined)
          .sort(newestFirst)
          .map(({ id }) => id);
      const found = async (query: Omit<AlertQuery, 'limit'>) =>
        (await pages(store, { ...query, limit: 3 })).flat().map(({ id }) => id);

      expect(await found({ text: 'élise' })).toEqual(expected((_, n) => n % 2 === 0));
      expect(await found({ text: '  VAULT-3  BOB ' })).toEqual(
        expected((_, n) => n % 5 === 3 && n % 2 === 1),
      );
      expect(await found({ text: 'vault' })).toEqual(expected(() => true));
      expect(await found({ text: 'vaul' })).toEqual([]);
      expect(await found({ text: 'now' })).toEqual(expected(() => true));
      expect(await found({ text: '198.51.100.7' })).toEqual(expected(() => true));
      expect(await found({ text: '7.100.51.198' })).toEqual([]);
      expect(await found({ about: { actor: 'élise müller' } })).toEqual(expected((_, n) => n % 2 === 0));
      expect(await found({ about: { actor: 'élise' } })).toEqual([]);
      const { arn } = alerts[3]?.who ?? {};
      expect(await found({ about: { actor: arn } })).toEqual(expected(({ who }) => who.arn === arn));
      expect(
        await found({ about: { address: '198.51.100.7', action: 'putbucketpolicy' }, text: 'bob' }),
      ).toEqual(expected((_, n) => n % 2 === 1));
      expect(await found({ about: { resource: 'invoices', region: 'eu-west-1' } })).toEqual([]);
      expect(await found({ text: 'vault-1', severity: 'high', account: '2', since: 3, until: 8 })).toEqual(
        expected(
          ({ time, severity, where }, n) =>
            n % 5 === 1 && atLeast(severity, 'high') && where.account === '2' && time >= 3 && time < 8,
        ),
      );
      expect(await found({ text: 'bob', ruleId: 'no-rule' })).toEqual([]);
      const shown = (await store.alerts({ text: 'bob', exceptions: 'only', limit: 50 })).alerts;
      expect(shown.map(({ id }) => id).sort()).toEqual([7, 21, 35].map(sampleId).sort());
      // Only signs, or nothing, asks for nothing.
      expect(await found({ text: ' "*" -- ' })).toEqual(expected(() => true));
    });

    it.each<readonly [name: string, text: string]>([
      ...hostileTexts,
      ['operators of search languages', 'a" OR "b* NEAR(c) NOT d:e & !f | (g <-> h)'],
      ['quotes of both kinds', `o'brien "x" \\ 'y' --`],
      ['signs of the private use area', 'severity\ue03dhigh \ue000'],
    ])('is found by a name that is %s, and nothing else is', async (_, text) => {
      const { store } = await open();
      const plain = sampleAlert(1);
      await put(store, [{ ...plain, who: { ...plain.who, name: `z${text}` } }, sampleAlert(2)]);
      const page = await store.alerts({ about: { actor: `z${text}` }, limit: 5 });
      expect(page.alerts.map(({ id }) => id)).toEqual([sampleId(1)]);
      await store.alerts({ text, limit: 5 });
    });

    it('finds the same among very many as among few', async () => {
      const { store } = await open();
      for (let from = 0; from < 11_000; from += 1_000)
        await put(
          store,
          Array.from({ length: 1_000 }, (_, i) =>
            sampleAlert(from + i, { title: (from + i) % 1_000 === 7 ? 'seldom seen' : 'often seen' }),
          ),
        );
      const often = await store.alerts({ text: 'often seen', limit: 3 });
      expect(often.alerts.map(({ id }) => id)).toEqual([10_999, 10_998, 10_997].map(sampleId));
      const seldom = await pages(store, { text: 'seldom seen', limit: 4 });
      expect(seldom.flat().map(({ id }) => id)).toEqual(
        Array.from({ length: 11 }, (_, n) => sampleId((10 - n) * 1_000 + 7)),
      );
      const next = await store.alerts({ text: 'often', limit: 2, after: often.next });
      expect(next.alerts.map(({ id }) => id)).toEqual([10_996, 10_995].map(sampleId));
    });

    it('has no next page when the last page is full', async () => {
      const { store } = await open();
      await put(store, [sampleAlert(1), sampleAlert(2)]);
      expect((await store.alerts({ limit: 2 })).next).toBeUndefined();
      expect((await store.alerts({ limit: 1 })).next).toBeDefined();
      expect(await (await open()).store.alerts({ limit: 500 })).toEqual({ alerts: [], next: undefined });
    });

    it('neither repeats nor leaves out an alert while others come in', async () => {
      const { store } = await open();
      const first = Array.from({ length: 9 }, (_, n) =>
        sampleAlert(n * 10, { time: 100 + Math.floor(n / 3) }),
      );
      await put(store, first);
      const seen: string[] = [];
      let after: string | undefined;
      for (let number = 1; ; number += 10) {
        const page = await store.alerts({ limit: 2, after });
        seen.push(...page.alerts.map((alert) => alert.id));
        after = page.next;
        if (after === undefined) break;
        // Newer than everything, of the same time as what is being read, and older than everything.
        await put(store, [
          sampleAlert(number, { time: 1_000 }),
          sampleAlert(number + 1, { time: 101 }),
          ...(number < 50 ? [sampleAlert(number + 2, { time: 1 })] : []),
        ]);
      }
      expect(new Set(seen).size).toBe(seen.length);
      const original = new Set(first.map((alert) => alert.id));
      expect(seen.filter((id) => original.has(id))).toEqual(
        first.toSorted(newestFirst).map((alert) => alert.id),
      );
    });

    it.each([
      ['empty', ''],
      ['free text', 'page 2'],
      ['SQL', "' OR 1=1 --"],
      ['JSON in the wrong place', '["a1",1,"x"]'],
      ['base64url of something else', Buffer.from('{"time":1}').toString('base64url')],
      ['base64url of an array of other things', Buffer.from('["a1","1",2]').toString('base64url')],
      ['a time that is no number', Buffer.from('["a1",null,"x"]').toString('base64url')],
      ['a time past every number', Buffer.from('["a1",1e999,"x"]').toString('base64url')],
      ['another order of the same', Buffer.from('[ "a1", 1, "x" ]').toString('base64url')],
      ['a megabyte', 'A'.repeat(1_000_000)],
      ['a lone surrogate', '\ud800'],
    ])('refuses a cursor that is %s', async (_, after) => {
      const { store } = await open();
      await expect(store.alerts({ limit: 1, after })).rejects.toBeInstanceOf(BadCursorError);
    });

    it('refuses a cursor of its own that has been cut, lengthened or padded', async () => {
      const { store } = await open();
      await put(store, [sampleAlert(1), sampleAlert(2)]);
      const { next = '' } = await store.alerts({ limit: 1 });
      expect(next).toMatch(/^[\w-]+$/);
      for (let length = 0; length < next.length; length += 1) {
        await expect(store.alerts({ limit: 1, after: next.slice(0, length) })).rejects.toBeInstanceOf(
          BadCursorError,
        );
      }
      for (const after of [`${next}A`, `${next}=`, ` ${next}`, `${next}\n`, `${next}\0`]) {
        await expect(store.alerts({ limit: 1, after })).rejects.toBeInstanceOf(BadCursorError);
      }
    });

    it.each([0, -1, 501, 1.5, NaN, Infinity])('refuses a limit of %s', async (limit) => {
      const { store } = await open();
      await expect(store.alerts({ limit })).rejects.toThrow(RangeError);
    });
  });

  describe('counts', () => {
    it('are all zero in a new store', async () => {
      const { store } = await open();
      expect(await store.counts()).toEqual({
        alerts: { informational: 0, low: 0, medium: 0, high: 0, critical: 0 },
        excepted: 0,
        deliveries: { pending: 0, delivered: 0, dead: 0, dropped: 0 },
        rejections: 0,
        rejectionsDropped: 0,
      });
    });

    it('count each severity and each state of delivery', async () => {
      const { store } = await open();
      const alerts = severities.flatMap((severity, index) =>
        Array.from({ length: index + 1 }, (_, n) => ({
          alert: sampleAlert(index * 10 + n, { severity }),
          channels: ['slack'],
        })),
      );
      await store.commit({ alerts, now: 1 });
      await put(
        store,
        [90, 91].map((n) => sampleAlert(n, { exception: sampleException })),
      );
      const [first, second, third] = await store.claim('slack', { now: 1, leaseUntil: 9, limit: 4 });
      await store.settle(first?.id ?? '', { type: 'delivered' }, 2);
      await store.settle(second?.id ?? '', { type: 'dead', reason: 'no such channel' }, 2);
      await store.settle(third?.id ?? '', { type: 'retry', at: 3, reason: 'later' }, 2);
      expect(await store.counts()).toMatchObject({
        alerts: { informational: 1, low: 2, medium: 3, high: 4, critical: 5 },
        excepted: 2,
        deliveries: { pending: 13, delivered: 1, dead: 1, dropped: 0 },
      });
      expect(await store.alert(sampleId(0))).toBeDefined();
    });
  });
}
