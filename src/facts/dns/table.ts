import type { Analyser } from '../fact.ts';
import { dnsDomains } from './domains.ts';
import { dnsRecords } from './records.ts';

/** What is said of names: records, zones, domains, and how they are resolved. */
export const dnsAnalysers: readonly Analyser[] = [dnsRecords, dnsDomains];
