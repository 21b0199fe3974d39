import type { Analyser } from '../fact.ts';
import { eventDataStore } from './event-data-store.ts';
import { trail } from './trail.ts';

/** What watches and keeps a record, service by service. */
export const watchAnalysers: readonly Analyser[] = [trail, eventDataStore];
