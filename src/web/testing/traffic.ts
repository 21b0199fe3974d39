import { merged, offenceKey, type Offence } from '../offence.ts';
import { defaultTrafficSettings, type TrafficSettings } from '../settings.ts';
import { createTraffic, type SignalMaker } from '../traffic.ts';
import { requestsOf, type Wanted } from './requests.ts';

/** What is found in batches of requests in the end, sorted by key. */
export function offencesIn(
  batches: readonly (readonly Wanted[])[],
  makers: readonly SignalMaker[],
  settings: Partial<TrafficSettings> = {},
): readonly Offence[] {
  const traffic = createTraffic({ ...defaultTrafficSettings, ...settings }, makers);
  const found = new Map<string, Offence>();
  const take = (): void => {
    for (const offence of traffic.offences()) {
      const key = offenceKey(offence);
      const before = found.get(key);
      found.set(key, before === undefined ? offence : merged(before, offence));
    }
  };
  for (const [i, rows] of batches.entries()) {
    traffic.take(requestsOf(rows, { object: `log ${i}` }));
    take();
  }
  traffic.finish();
  take();
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, offence]) => offence);
}

/** One line for an offence, without what depends on which requests were seen first. */
export function summaryOf({ rule, subject, start, first, last, count, threshold }: Offence): string {
  return `${rule} ${subject.type} ${subject.value} ${start}: ${first}-${last} ${count}/${threshold}`;
}

/** So many requests, each made from its number. */
export function times(count: number, make: (number: number) => Wanted): readonly Wanted[] {
  return Array.from({ length: count }, (_, number) => make(number));
}
