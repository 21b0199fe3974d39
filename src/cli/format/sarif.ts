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

/** A SARIF log in the making: pieces of text that are written one after the other. */
export interface SarifLog {
  readonly result: (alert: Alert) => string;
  readonly end: () => string;
}

/**
 * A SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): one result for each alert, at the byte of the file where its
 * record begins, with the alert's id as fingerprint so that the same alert is known again in a later run. The tool with its rules
 * stands after the results, so that no alert has to be kept until the last one is known.
 */
export function sarifLog(version: string): SarifLog {
  const rules = new Map<string, { readonly index: number; readonly descriptor: object }>();
  let opening = `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"columnKind":"utf16CodeUnits","results":[\n`;
  return {
    result: (alert) => {
      const rule = rules.get(alert.rule.id) ?? { index: rules.size, descriptor: ruleDescriptor(alert) };
      rules.set(alert.rule.id, rule);
      const piece = opening + JSON.stringify(toResult(alert, rule.index));
      opening = ',\n';
      return piece;
    },
    end: () => {
      const all = [...rules.values()].map(({ descriptor }) => descriptor);
      const tool = { driver: { name: 'Tocsin', version, rules: all } };
      return `${rules.size === 0 ? opening : '\n'}],"tool":${JSON.stringify(tool)}}]}\n`;
    },
  };
}

function toResult(alert: Alert, ruleIndex: number): object {
  return {
    ruleId: alert.rule.id,
    ruleIndex,
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
  };
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
export function sarifText(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&').replace(/[{}]/g, (brace) => brace + brace);
}

export function fileUri(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
