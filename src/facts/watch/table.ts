import type { Analyser } from '../fact.ts';
import { alarmsAndLogs } from './alarms.ts';
import { configurationRecording } from './configuration-recording.ts';
import { dnsGuards } from './dns-guards.ts';
import { eventDataStore } from './event-data-store.ts';
import { eventRules } from './event-rules.ts';
import { findingsHub } from './findings-hub.ts';
import { firewallGuards } from './firewalls.ts';
import { otherLogs } from './other-logs.ts';
import { scanners } from './scanners.ts';
import { threatDetection } from './threat-detection.ts';
import { trail } from './trail.ts';

/** What watches, keeps a record, tells and keeps out, service by service. */
export const watchAnalysers: readonly Analyser[] = [
  trail,
  eventDataStore,
  threatDetection,
  configurationRecording,
  findingsHub,
  scanners,
  firewallGuards,
  alarmsAndLogs,
  eventRules,
  dnsGuards,
  otherLogs,
];
