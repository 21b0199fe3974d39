import type { Analyser } from '../fact.ts';
import { securityGroup } from './security-group.ts';

/** The analysers of networks: what traffic is let through, and by which ways it can go. */
export const networkAnalysers: readonly Analyser[] = [securityGroup];
