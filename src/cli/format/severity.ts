import type { Severity } from '../../event/severity.ts';
import type { paint } from '../terminal.ts';

/** How each level looks in a table. */
export const severityStyles: Readonly<Record<Severity, Parameters<typeof paint>[1]>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  informational: 'dim',
};
