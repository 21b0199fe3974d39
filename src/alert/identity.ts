import { hash } from 'node:crypto';

/**
 * An alert's id: 32 hex digits that are the same whenever the same rule finds the same event, wherever and however often it is
 * read. The parts are length-prefixed, so that no choice of names makes two different triples collide.
 */
export function alertId(ruleId: string, groupingKey: readonly string[], eventId: string): string {
  let parts = prefixed(ruleId) + prefixed(eventId);
  for (const part of groupingKey) parts += prefixed(part);
  return hash('sha256', parts, 'hex').slice(0, 32);
}

function prefixed(part: string): string {
  return `${Buffer.byteLength(part)}:${part}`;
}
