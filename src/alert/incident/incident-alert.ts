import type { Severity } from '../../event/severity.ts';
import type { Alert } from '../alert.ts';
import { alertId } from '../identity.ts';
import { incidentName, isOneClient, type Incident } from './incident.ts';
import { incidentRule } from './incident-rule.ts';

const mostLines = 30;

/**
 * How bad an incident is that people are to be told of; undefined where it is below the threshold, of one rule only, or nothing but requests of
 * one client, of which its alerts tell.
 */
export function tellingSeverity(
  incident: Pick<Incident, 'risk' | 'alerts'>,
  threshold: number,
): Severity | undefined {
  const { risk } = incident;
  if (risk.rules < 2 || risk.score < threshold || isOneClient(incident)) return undefined;
  return risk.score < 2 * threshold ? 'high' : 'critical';
}

/**
 * The alert of an incident: one for each incident and severity, however often it is made. Those of one incident have a group in common, so
 * that a worse one raises the one that is there.
 * @param longestMs as of `GatherSetting`
 */
export function incidentAlert(
  incident: Incident,
  severity: Severity,
  { decidedAt, longestMs }: { readonly decidedAt: number; readonly longestMs: number },
): Alert {
  const { id, risk, alerts, entities, accounts, last } = incident;
  const names = [...new Set(alerts.map(({ who }) => who))];
  const [account, otherAccount] = accounts;
  const [shared] = entities.filter(({ joins }) => joins);
  const left = alerts.length - mostLines;
  return {
    id: alertId(incidentRule.id, [id, severity], 'incident'),
    rule: incidentRule,
    severity,
    title: `Incident: ${alerts.length} ${incidentName(alerts)}, risk ${risk.explanation}`,
    description: `These alerts have something in common${shared === undefined ? '' : `, above all the ${shared.kind} ${shared.key}`}. Together they weigh more than any of them alone.`,
    response: `Go through them in the order of time: 'tocsin incidents show ${id}', or GET /v1/incidents/${id}. If they are one attack, shut out whoever they have in common first.`,
    time: last,
    receivedAt: decidedAt,
    decidedAt,
    who: {
      kind: 'unknown',
      name: names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : ''),
      ...(otherAccount === undefined && account !== undefined && { account }),
      chain: [],
    },
    what: {
      kind: 'cloudtrail.api-call',
      service: 'tocsin',
      action: 'alerts gathered',
      result: 'unknown',
      targets: [],
    },
    where: {
      ...(otherAccount === undefined && account !== undefined && { account }),
      origin: { type: 'unknown', text: '' },
    },
    tactics: [],
    techniques: [],
    facts: [
      ...alerts.slice(0, mostLines).map((one) => ({
        explanation: `${minuteOf(one.time)} ${one.severity}: ${one.title}`,
        unknowns: [],
      })),
      ...(left > 0 ? [{ explanation: `and ${left} more`, unknowns: [] }] : []),
    ],
    falsePositives: [
      'Maintenance by people who do many unusual things at once; an address, role or resource that many share and that should join nothing (`incidents.ignore`).',
    ],
    references: [],
    incident: { id, name: incidentName(alerts) },
    group: { key: alertId(incidentRule.id, [id], 'group'), windowMs: 2 * longestMs },
    evidence: {
      eventId: `incident ${id}`,
      provenance: { source: 'tocsin', object: '', position: 0, receivedAt: decidedAt },
      fields: {},
    },
  };
}

function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
