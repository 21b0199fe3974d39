import type { Analyser } from '../fact.ts';
import { guardAnalyser } from '../guards/guard.ts';
import { keyGuards } from './guards.ts';
import { keyLoss } from './loss.ts';

/** Keys, secrets and container images: what guards them, and what is lost with them. */
export const keyAnalysers: readonly Analyser[] = [keyLoss, guardAnalyser('key-protection', keyGuards)];
