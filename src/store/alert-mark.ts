import { hash } from 'node:crypto';
import type { Alert } from '../alert/alert.ts';

/** An alert as somebody has read it: anything that joins it, any decision on it and all that is learned of it gives another mark. */
export interface MarkedAlert {
  readonly id: string;
  readonly mark: string;
}

export function markedAlert(alert: Alert): MarkedAlert {
  return { id: alert.id, mark: hash('sha256', JSON.stringify(alert), 'base64') };
}
