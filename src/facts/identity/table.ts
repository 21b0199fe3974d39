import type { Analyser } from '../fact.ts';
import { privilegeChange } from './privilege-change.ts';

/** The analysers of who may do what, and as whom people come in. */
export const identityAnalysers: readonly Analyser[] = [privilegeChange];
