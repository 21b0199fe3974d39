import { createHash } from 'node:crypto';
import type { Rejection } from '../event/record.ts';

/** 32 hex digits of the parts' SHA-256. The parts are hashed as JSON, so that no choice of names lets two lists run together. */
function hash(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** The same for every attempt, every process and every store. */
export function deliveryId(alertId: string, channel: string): string {
  return hash(['delivery', alertId, channel]);
}

/** The same bad record at the same place, refused for the same reason, has the same id however often it is sent. */
export function rejectionId(rejection: Rejection): string {
  const content = createHash('sha256').update(rejection.bytes).digest('hex');
  const { object, position } = rejection.provenance;
  return hash(['rejection', object, position, rejection.length, content, rejection.reason]);
}
