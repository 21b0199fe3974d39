import { createHash } from 'node:crypto';

/**
 * An alert's id: 32 hex digits that are the same whenever the same rule finds the same event, wherever and however often it is
 * read. The parts are length-prefixed, so that no choice of names makes two different triples collide.
 */
export function alertId(ruleId: string, groupingKey: readonly string[], eventId: string): string {
  const hash = createHash('sha256');
  for (const part of [ruleId, eventId, ...groupingKey]) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest('hex').slice(0, 32);
}
