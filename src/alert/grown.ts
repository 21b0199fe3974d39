import type { Alert } from './alert.ts';

/**
 * An alert of which more is known than when it was stored: the same id, with a higher count, or over a longer time. Identity, severity and the
 * time by which it is listed stay as people were told them. Undefined where nothing is new, so that the order in which the two come makes no
 * difference.
 */
export function grownAlert(stored: Alert, newer: Alert): Alert | undefined {
  const [before, after] = [stored.correlation, newer.correlation];
  if (before === undefined || after === undefined) return undefined;
  const hasMore = after.value > before.value || after.events.length > before.events.length;
  if (!hasMore && after.start >= before.start && after.end <= before.end) return undefined;
  const counted = after.value >= before.value ? after : before;
  const proven = after.events.length >= before.events.length ? after : before;
  return {
    ...stored,
    correlation: {
      ...counted,
      start: Math.min(before.start, after.start),
      end: Math.max(before.end, after.end),
      total: Math.max(before.total, after.total),
      events: proven.events,
    },
    evidence: proven === after ? newer.evidence : stored.evidence,
  };
}
