import type { JsonObject } from '../../event/json.ts';
import { member, object, text } from '../../event/json.ts';
import type { AwsFinding } from './aws-finding.ts';
import {
  actorOf,
  addressOf,
  lacks,
  lastPart,
  numberOf,
  severityOf,
  shortText,
  targetOf,
  targetsOf,
  timeOf,
} from './read.ts';

/** Whether this is a finding of Macie: sensitive data in an object, or a bucket that lost its protection. */
export function isMacieFinding(fields: JsonObject): boolean {
  return (
    object(fields, 'resourcesAffected') !== undefined &&
    text(fields, 'type') !== undefined &&
    text(fields, 'category') !== undefined
  );
}

/** https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html */
export function readMacieFinding(fields: JsonObject): AwsFinding | { readonly problem: string } {
  const id = text(fields, 'id');
  const type = shortText(fields, 'type');
  const time = timeOf(fields, 'updatedAt', 'createdAt');
  const rated = object(fields, 'severity');
  const severity = severityOf(text(rated, 'description'));
  if (id === undefined) return lacks('Macie', 'id', 'the id of the finding');
  if (type === undefined) return lacks('Macie', 'type', 'one such as SensitiveData:S3Object/Personal');
  if (time === undefined) return lacks('Macie', 'updatedAt', 'a time such as 2026-03-01T09:30:00Z');
  if (severity === undefined) return lacks('Macie', 'severity', 'a description: Low, Medium or High');
  const affected = object(fields, 'resourcesAffected');
  const bucket = object(affected, 's3Bucket');
  const thing = object(affected, 's3Object');
  const key = text(thing, 'path') ?? text(thing, 'key');
  const actor = object(object(fields, 'policyDetails'), 'actor');
  return {
    source: 'macie',
    product: 'Macie',
    relayed: false,
    id: lastPart(id),
    type,
    title: shortText(fields, 'title') ?? type,
    severity,
    score: numberOf(rated, 'score'),
    state: member(fields, 'archived') === true ? 'archived' : 'active',
    time,
    account: text(fields, 'accountId'),
    region: text(fields, 'region'),
    targets: targetsOf([
      targetOf('AWS::S3::Bucket', text(bucket, 'arn'), text(bucket, 'name')),
      key === undefined ? undefined : targetOf('AWS::S3::Object', undefined, key),
    ]),
    actor: actorIn(object(actor, 'userIdentity')),
    address: addressOf(member(object(actor, 'ipAddressDetails'), 'ipAddressV4')),
    count: numberOf(fields, 'count'),
    sample: member(fields, 'sample') === true,
  };
}

/** Who changed a bucket, in the member that is named after its kind. */
function actorIn(identity: JsonObject | undefined): AwsFinding['actor'] {
  const type = text(identity, 'type');
  if (identity === undefined || type === undefined) return undefined;
  const given =
    object(identity, `${type.charAt(0).toLowerCase()}${type.slice(1)}`) ?? object(identity, 'iamUser');
  const issuer = object(object(given, 'sessionContext'), 'sessionIssuer');
  return actorOf({
    type,
    name: text(given, 'userName') ?? text(issuer, 'userName') ?? text(given, 'arn'),
    account: text(given, 'accountId'),
    arn: text(given, 'arn'),
    principalId: text(given, 'principalId'),
    accessKeyId: text(given, 'accessKeyId'),
  });
}
