import { awsFindingOf } from '../decode/aws-finding/event.ts';
import type { AwsFinding } from '../decode/aws-finding/aws-finding.ts';
import type { Analyser } from './fact.ts';
import type { FieldName } from './field-name.ts';
import { listed, quote } from './sentence.ts';

/** What rules see under `tocsin.finding`. Held by a test to what is produced. */
export const findingFieldNames: readonly FieldName[] = [
  {
    name: 'finding.source',
    description:
      'who found it: guardduty, securityhub (its own controls), access-analyzer, macie, inspector, or other for what else Security Hub hands on',
  },
  { name: 'finding.product', description: "the product's own name, such as GuardDuty" },
  {
    name: 'finding.relayed',
    description: 'true where it came by way of Security Hub and another product found it',
  },
  { name: 'finding.id', description: "the source's own id, the same whichever way the finding comes" },
  {
    name: 'finding.type',
    description: "in the source's own words, such as UnauthorizedAccess:EC2/SSHBruteForce",
  },
  { name: 'finding.title', description: "the source's sentence" },
  { name: 'finding.severity', description: 'critical, high, medium, low or informational, for every source' },
  { name: 'finding.score', description: "the source's own number, where it gives one" },
  { name: 'finding.state', description: 'active, archived, resolved or suppressed' },
  { name: 'finding.count', description: 'how often it was seen, where the source counts' },
  {
    name: 'finding.sample',
    description: 'true for those that a service makes up to show what they look like',
  },
  { name: 'finding.resource', description: 'ARNs or names of the things that it is about' },
  { name: 'finding.resource_type', description: 'their types, such as AWS::S3::Bucket' },
];

/** What AWS's own security services found, told alike for all of them. Fields: `findingFieldNames`. */
export const awsFindings: Analyser = {
  name: 'aws-findings',
  actions: [],
  kinds: [
    'guardduty.finding',
    'securityhub.finding',
    'access-analyzer.finding',
    'macie.finding',
    'inspector.finding',
  ],
  subjects: ['finding'],
  analyse: (event) => {
    const finding = awsFindingOf(event);
    if (finding === undefined) return [];
    const { source, product, relayed, id, type, title, severity, score, state, count, sample, targets } =
      finding;
    return [
      {
        subject: 'finding',
        explanation: sentenceOf(finding),
        unknowns: [],
        fields: {
          source,
          product,
          relayed,
          id,
          type,
          title,
          severity,
          state,
          sample,
          resource: targets.map((target) => target.arn ?? target.name),
          resource_type: [...new Set(targets.flatMap((target) => target.type ?? []))],
          ...(score === undefined ? {} : { score }),
          ...(count === undefined ? {} : { count }),
        },
      },
    ];
  },
};

function sentenceOf({ product, title, type, severity, state, relayed, targets, sample }: AwsFinding): string {
  const way = relayed ? ', by way of Security Hub,' : '';
  const about = targets.length === 0 ? '' : ` about ${listed(targets.map(({ name }) => quote(name)))}`;
  const kind = sample ? 'sample finding' : 'finding';
  return `${quote(product)}${way} says ${quote(title)}: ${state} ${kind} ${quote(type)}${about}, of ${severity} severity`;
}
