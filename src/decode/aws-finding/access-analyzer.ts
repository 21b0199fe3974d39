import type { JsonObject } from '../../event/json.ts';
import { list, member, object, text } from '../../event/json.ts';
import type { AwsFinding } from './aws-finding.ts';
import { lacks, severityOf, targetOf, targetsOf, timeOf } from './read.ts';

/** Whether this is a finding of IAM Access Analyzer: of access from outside, from inside, or of what nobody uses. */
export function isAccessAnalyzerFinding(fields: JsonObject): boolean {
  return (
    text(fields, 'analyzedAt') !== undefined &&
    text(fields, 'resourceType') !== undefined &&
    text(fields, 'status') !== undefined
  );
}

/**
 * Access Analyzer rates nothing. What anyone on the internet can use is high here, what somebody else can is medium, and what is
 * allowed and not used is low.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
 */
export function readAccessAnalyzerFinding(fields: JsonObject): AwsFinding | { readonly problem: string } {
  const id = text(fields, 'id');
  const time = timeOf(fields, 'updatedAt', 'analyzedAt', 'createdAt');
  if (id === undefined) return lacks('Access Analyzer', 'id', 'the id of the finding');
  if (time === undefined) return lacks('Access Analyzer', 'updatedAt', 'a time such as 2026-03-01T09:30:00Z');
  const resource = text(fields, 'resource') ?? id;
  const kind = text(fields, 'findingType');
  const isPublic = member(fields, 'isPublic') === true;
  const type = kind ?? (isPublic ? 'PublicAccess' : 'ExternalAccess');
  return {
    source: 'access-analyzer',
    product: 'IAM Access Analyzer',
    relayed: false,
    id,
    type: type.slice(0, 200).toWellFormed(),
    title: titleOf(fields, resource, isPublic, kind),
    severity: severityOf(text(fields, 'severity')) ?? (isPublic ? 'high' : isUnused(kind) ? 'low' : 'medium'),
    score: undefined,
    state: stateOf(fields),
    time,
    account: text(fields, 'accountId') ?? text(fields, 'resourceOwnerAccount'),
    region: text(fields, 'region'),
    targets: targetsOf([targetOf(text(fields, 'resourceType'), resource)]),
    sample: false,
  };
}

function isUnused(kind: string | undefined): boolean {
  return kind?.startsWith('Unused') === true;
}

function titleOf(fields: JsonObject, resource: string, isPublic: boolean, kind: string | undefined): string {
  const error = text(fields, 'error');
  if (error !== undefined) return `${resource} could not be analysed: ${error}`.slice(0, 1000).toWellFormed();
  if (kind !== undefined && isUnused(kind))
    return `${resource} allows what nobody uses (${kind})`.slice(0, 1000);
  const principal = object(fields, 'principal') ?? {};
  const who = Object.values(principal)
    .filter((value) => typeof value === 'string')
    .join(', ');
  const actions = list(fields, 'action').filter((action) => typeof action === 'string');
  const what =
    actions.length === 0 ? '' : ` (${actions.slice(0, 3).join(', ')}${actions.length > 3 ? ' ...' : ''})`;
  const reach = isPublic ? 'anyone' : who === '' ? 'somebody outside' : who;
  return `${resource} can be used by ${reach}${what}`.slice(0, 1000).toWellFormed();
}

function stateOf(fields: JsonObject): AwsFinding['state'] {
  if (member(fields, 'isDeleted') === true) return 'resolved';
  switch (text(fields, 'status')) {
    case 'ARCHIVED':
      return 'archived';
    case 'RESOLVED':
      return 'resolved';
    default:
      return 'active';
  }
}
