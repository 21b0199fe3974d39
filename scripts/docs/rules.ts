import { relative } from 'node:path';
import { techniqueOf } from '../../src/alert/attack.ts';
import { severities } from '../../src/event/severity.ts';
import { alertFieldNames } from '../../src/alert/alert-view.ts';
import { templateValues } from '../../src/notify/template-values.ts';
import { readableFieldNames } from '../../src/context/field-names.ts';
import { builtinRules, loadRules } from '../../src/runtime/load-rules.ts';
import { formatProblem } from '../../src/sigma/problem.ts';
import { packNames, packs, packsFolder } from '../../src/runtime/packs.ts';
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
  const rules = await shown([builtinRules]);
  const byService = Map.groupBy(rules, serviceOf);
  const levels = severities
    .toReversed()
    .map((level) => `${rules.filter((rule) => rule.level === level).length} ${level}`);
  return [
    `${rules.length} rules: ${levels.join(', ')}.`,
    ...[...byService].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, own]) => section(name, own)),
  ].join('\n\n');
}

/** The rules of each pack, the worst first. */
export async function packTables(): Promise<string> {
  const sections = packNames.map(async (name) => {
    const rules = await shown([`${packsFolder}/${name}`]);
    return `### ${code(name)}\n\n${plain(packs[name])}.\n\n${tableOf(rules)}`;
  });
  return (await Promise.all(sections)).join('\n\n');
}

/** Every rule under the paths that raises alerts, correlations included: those that only serve others raise nothing that anybody could look up. */
export async function shown(paths: readonly string[]): Promise<readonly RuleHeader[]> {
  const loaded = await loadRules(paths);
  const { problems, correlations } = loaded;
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  const { silent } = linkCorrelations(loaded.rules, correlations);
  return [...loaded.rules, ...correlations].filter(({ id }) => !silent.has(id));
}

/** What a rule can read under `tocsin.`. */
export function fieldTable(): string {
  return table(
    ['field', 'what it holds'],
    readableFieldNames.map(({ name, description }) => [code(`tocsin.${name}`), plain(description)]),
  );
}

/** What a search over alerts can ask for. */
export function alertFieldTable(): string {
  return table(
    ['field', 'what it holds'],
    alertFieldNames.map(({ name, description }) => [code(`tocsin.${name}`), plain(description)]),
  );
}

/** What a template can name. */
export function templateValueTable(): string {
  return table(
    ['value', 'kind', 'what it holds'],
    templateValues.map(({ name, kind, description }) => [code(name), kind, plain(description)]),
  );
}

function section(name: string, rules: readonly RuleHeader[]): string {
  return `### ${name}\n\n${tableOf(rules)}`;
}

function tableOf(rules: readonly RuleHeader[]): string {
  const rows = rules
    .toSorted((a, b) => rank(b) - rank(a) || a.title.localeCompare(b.title))
    .map((rule) => [
      rule.level,
      linkTo(rule),
      plain(firstSentence(rule.description)),
      rule.tags.flatMap(techniqueLink).join(', '),
    ]);
  return table(['level', 'rule', 'what it means', 'ATT&CK'], rows);
}

/** A link from a page in docs/ to the file of the rule. */
export function linkTo(rule: RuleHeader): string {
  return `[${plain(rule.title)}](../${relative(`${builtinRules}/..`, rule.path)})`;
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
