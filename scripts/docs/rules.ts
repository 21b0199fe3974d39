import { relative } from 'node:path';
import { techniqueOf } from '../../src/alert/attack.ts';
import { severities } from '../../src/event/severity.ts';
import { tocsinFieldNames } from '../../src/facts/fields.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { formatProblem } from '../../src/sigma/problem.ts';
import { linkCorrelations } from '../../src/sigma/correlation/link.ts';
import type { RuleHeader } from '../../src/sigma/rule.ts';
import { code, plain, table } from './markdown.ts';

/** What people call the folders under rules/aws. One that is missing here goes by the name of its folder. */
const services: Readonly<Record<string, string>> = {
  bedrock: 'Amazon Bedrock',
  cloudtrail: 'CloudTrail',
  config: 'AWS Config',
  dynamodb: 'DynamoDB',
  ec2: 'EC2',
  ecr: 'ECR (container registry)',
  guardduty: 'GuardDuty',
  iam: 'IAM',
  kms: 'KMS',
  lambda: 'Lambda',
  opensearch: 'OpenSearch',
  organizations: 'Organizations',
  rds: 'RDS',
  route53: 'Route 53',
  s3: 'S3',
  secretsmanager: 'Secrets Manager',
  securityhub: 'Security Hub',
  signin: 'Sign-in and root',
  ssm: 'Systems Manager',
};

/** Every rule that comes with Tocsin, by service, the worst first. */
export async function builtinRuleTables(): Promise<string> {
  const loaded = await loadRules([builtinRules]);
  const { problems, correlations } = loaded;
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  // Those that only serve others raise nothing that anybody could look up.
  const { silent } = linkCorrelations(loaded.rules, correlations);
  const rules = [...loaded.rules, ...correlations].filter(({ id }) => !silent.has(id));
  const byService = Map.groupBy(rules, serviceOf);
  const levels = severities
    .toReversed()
    .map((level) => `${rules.filter((rule) => rule.level === level).length} ${level}`);
  return [
    `${rules.length} rules: ${levels.join(', ')}.`,
    ...[...byService].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, own]) => section(name, own)),
  ].join('\n\n');
}

/** What a rule can read under `tocsin.`. */
export function fieldTable(): string {
  return table(
    ['field', 'what it holds'],
    tocsinFieldNames.map(({ name, description }) => [code(`tocsin.${name}`), plain(description)]),
  );
}

function section(name: string, rules: readonly RuleHeader[]): string {
  const rows = rules
    .toSorted((a, b) => rank(b) - rank(a) || a.title.localeCompare(b.title))
    .map((rule) => [
      rule.level,
      `[${plain(rule.title)}](../${relative(`${builtinRules}/..`, rule.path)})`,
      plain(firstSentence(rule.description)),
      rule.tags.flatMap(techniqueLink).join(', '),
    ]);
  return `### ${name}\n\n${table(['level', 'rule', 'what it means', 'ATT&CK'], rows)}`;
}

function serviceOf(rule: RuleHeader): string {
  const folder = relative(builtinRules, rule.path).split('/').at(-2) ?? '';
  return services[folder] ?? folder;
}

function rank(rule: RuleHeader): number {
  return severities.indexOf(rule.level);
}

function firstSentence(description: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(description)?.[0] ?? description;
}

function techniqueLink(tag: string): readonly string[] {
  const id = techniqueOf(tag)?.id;
  return id === undefined ? [] : [`[${id}](https://attack.mitre.org/techniques/${id.replace('.', '/')}/)`];
}
