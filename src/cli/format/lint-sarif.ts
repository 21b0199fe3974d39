import { lintCodes } from '../../alert/lint-codes.ts';
import type { LintFinding } from '../../alert/lint-finding.ts';
import { fileUri, sarifText } from './sarif.ts';

/**
 * What lint says as a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): the codes are its rules, and each finding is a result at its line
 * and column.
 */
export function lintSarif(findings: readonly LintFinding[], version: string): object {
  const codes = Object.keys(lintCodes);
  const rules = Object.entries(lintCodes).map(([id, { level, says }]) => ({
    id,
    shortDescription: { text: sarifText(says) },
    defaultConfiguration: { level: level === 'error' ? 'error' : 'warning' },
  }));
  const results = findings.map(({ code, level, path, line, column, message }) => ({
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level,
    message: { text: sarifText(message) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: fileUri(path) },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  }));
  const tool = { driver: { name: 'Tocsin rules lint', version, rules } };
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool, columnKind: 'utf16CodeUnits', results }],
  };
}
