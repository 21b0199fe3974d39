import { createHash } from 'node:crypto';
import type { Actor, Event, EventKind } from '../../event/event.ts';
import type { JsonObject } from '../../event/json.ts';
import type { Provenance } from '../../event/record.ts';
import { isAccessAnalyzerFinding, readAccessAnalyzerFinding } from './access-analyzer.ts';
import type { AwsFinding, ReadAwsFinding } from './aws-finding.ts';
import { isGuardDutyFinding, readGuardDutyFinding } from './guardduty.ts';
import { isInspectorFinding, readInspectorFinding } from './inspector.ts';
import { isMacieFinding, readMacieFinding } from './macie.ts';
import { isSecurityHubFinding, readSecurityHubFinding } from './security-hub.ts';

interface Form {
  readonly kind: EventKind;
  /** The service that sent it, as CloudTrail would name it. */
  readonly service: string;
  readonly is: (fields: JsonObject) => boolean;
  readonly read: ReadAwsFinding;
}

/** The forms of findings, told by their content: in an EventBridge envelope or bare, as services export them. */
const forms: readonly Form[] = [
  {
    kind: 'guardduty.finding',
    service: 'guardduty.amazonaws.com',
    is: isGuardDutyFinding,
    read: readGuardDutyFinding,
  },
  {
    kind: 'securityhub.finding',
    service: 'securityhub.amazonaws.com',
    is: isSecurityHubFinding,
    read: readSecurityHubFinding,
  },
  {
    kind: 'access-analyzer.finding',
    service: 'access-analyzer.amazonaws.com',
    is: isAccessAnalyzerFinding,
    read: readAccessAnalyzerFinding,
  },
  { kind: 'macie.finding', service: 'macie2.amazonaws.com', is: isMacieFinding, read: readMacieFinding },
  {
    kind: 'inspector.finding',
    service: 'inspector2.amazonaws.com',
    is: isInspectorFinding,
    read: readInspectorFinding,
  },
];

/** Whether a JSON object is a finding of one of AWS's security services. */
export function isAwsFinding(fields: JsonObject): boolean {
  return forms.some(({ is }) => is(fields));
}

/** The finding that an event is, read anew from its raw fields; undefined for other events. */
export function awsFindingOf(event: Pick<Event, 'kind' | 'fields'>): AwsFinding | undefined {
  const finding = forms.find(({ kind }) => kind === event.kind)?.read(event.fields);
  return finding === undefined || 'problem' in finding ? undefined : finding;
}

/** What a finding without an actor says of who did it. */
const nobodyKnown: Actor = { kind: 'unknown', name: 'unknown', chain: [] };

/**
 * Makes an event of a finding, or says what is missing. Services send one finding again and again while it goes on; all of these
 * are one event until its severity or its state changes, and so is what Security Hub hands on of GuardDuty, Inspector and Macie.
 */
export function awsFindingEvent(fields: JsonObject, provenance: Provenance): Event | { problem: string } {
  const form = forms.find(({ is }) => is(fields));
  if (form === undefined) return { problem: 'not a finding of a service that is known' };
  const finding = form.read(fields);
  if ('problem' in finding) return finding;
  const { address } = finding;
  return {
    kind: form.kind,
    id: idOf(finding),
    time: finding.time,
    account: finding.account,
    region: finding.region,
    service: form.service,
    action: finding.type,
    actor: finding.actor ?? nobodyKnown,
    outcome: { result: 'unknown', denied: false },
    client: { origin: address === undefined ? { type: 'unknown', text: '' } : { type: 'address', address } },
    targets: finding.targets,
    fields,
    provenance,
  };
}

/** 32 hex digits. */
function idOf({ source, product, account, region, id, severity, state }: AwsFinding): string {
  const whose = source === 'other' ? product : source;
  const parts = [whose, account ?? '', region ?? '', id, severity, state];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
