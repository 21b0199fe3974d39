import type { Alert } from '../../alert/alert.ts';
import type { Severity } from '../../event/severity.ts';

const levels: Readonly<Record<Severity, string>> = {
  informational: 'note',
  low: 'note',
  medium: 'warning',
  high: 'error',
  critical: 'error',
};
/** GitHub's scale for `security-severity`: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below that low. */
const scores: Readonly<Record<Severity, string>> = {
  informational: '0.0',
  low: '3.0',
  medium: '5.0',
  high: '8.0',
  critical: '9.5',
};

/**
 * The alerts as a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): one result for each alert, at the byte of the file where
 * its record begins, with the alert's id as fingerprint so that the same alert is known again in a later run.
 */
export function toSarif(alerts: readonly Alert[], version: string): string {
  const rules = new Map<string, Alert>();
  for (const alert of alerts) if (!rules.has(alert.rule.id)) rules.set(alert.rule.id, alert);
  const ruleIds = [...rules.keys()];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Tocsin', version, rules: [...rules.values()].map(ruleDescriptor) } },
        columnKind: 'utf16CodeUnits',
        results: alerts.map((alert) => ({
          ruleId: alert.rule.id,
          ruleIndex: ruleIds.indexOf(alert.rule.id),
          level: levels[alert.severity],
          message: { text: sarifText(alert.title) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: fileUri(alert.evidence.provenance.object) },
                region: { byteOffset: alert.evidence.provenance.position },
              },
            },
          ],
          partialFingerprints: { 'tocsinAlertId/v1': alert.id },
          properties: {
            severity: alert.severity,
            time: new Date(alert.time).toISOString(),
            eventId: alert.evidence.eventId,
            account: alert.where.account,
            region: alert.where.region,
            actor: alert.who.name,
          },
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleDescriptor(alert: Alert): object {
  return {
    id: alert.rule.id,
    name: alert.rule.title,
    shortDescription: { text: alert.rule.title },
    fullDescription: { text: alert.description || alert.rule.title },
    help: { text: alert.response || alert.description || alert.rule.title },
    defaultConfiguration: { level: levels[alert.severity] },
    properties: {
      tags: ['security', ...alert.techniques.map((technique) => technique.id)],
      'security-severity': scores[alert.severity],
    },
  };
}

/** SARIF messages read `[text](1)` as links and `{0}` as placeholders; what comes from a log must be neither. */
function sarifText(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&').replace(/[{}]/g, (brace) => brace + brace);
}

function fileUri(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
