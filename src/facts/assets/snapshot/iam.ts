import type { Json } from '../../../event/json.ts';
import { at, inlinePrefix, itemsAt, set, setIf, tagsOf, textAt, told } from '../sighting.ts';
import type { AspectChange, Place, Sighting } from '../sighting.ts';

type Aspects = Readonly<Record<string, AspectChange | undefined>>;

/** Users, groups, roles and the customer's policies on a page of GetAccountAuthorizationDetails. */
export function authorizationShown(place: Place, page: Json): readonly Sighting[] {
  return [
    ...itemsAt(page, 'UserDetailList').flatMap((item) =>
      principal(place, 'AWS::IAM::User', item, ['UserName', 'UserPolicyList']),
    ),
    ...itemsAt(page, 'GroupDetailList').flatMap((item) =>
      principal(place, 'AWS::IAM::Group', item, ['GroupName', 'GroupPolicyList']),
    ),
    ...itemsAt(page, 'RoleDetailList').flatMap((item) =>
      principal(place, 'AWS::IAM::Role', item, ['RoleName', 'RolePolicyList'], {
        trust: setIf(documentAt(item, 'AssumeRolePolicyDocument')),
      }),
    ),
    ...itemsAt(page, 'Policies').flatMap((item) => managed(place, item)),
  ];
}

/** A key of ListAccessKeys. */
export function accessKeyShown({ account }: Place, key: Json): readonly Sighting[] {
  const id = textAt(key, 'AccessKeyId');
  if (id === undefined) return [];
  return [
    {
      type: 'AWS::IAM::AccessKey',
      id,
      name: id,
      account,
      what: 'shown',
      aspects: told({
        'made on': setIf(at(key, 'CreateDate')),
        user: setIf(textAt(key, 'UserName')),
        status: setIf(textAt(key, 'Status')),
      }),
    },
  ];
}

function principal(
  { account }: Place,
  type: string,
  item: Json,
  [nameAt, inlineAt]: readonly [string, string],
  more: Aspects = {},
): readonly Sighting[] {
  const name = textAt(item, nameAt);
  const arn = textAt(item, 'Arn');
  if (name === undefined || account === undefined) return [];
  const inline = itemsAt(item, inlineAt).flatMap((policy): (readonly [string, AspectChange])[] => {
    const policyName = textAt(policy, 'PolicyName');
    const document = documentAt(policy, 'PolicyDocument');
    return policyName === undefined ? [] : [[`${inlinePrefix}${policyName.slice(0, 128)}`, set(document)]];
  });
  return [
    {
      type,
      id: `${account}/${name}`,
      name,
      arn,
      account,
      what: 'shown',
      aspects: told({
        'made on': setIf(at(item, 'CreateDate')),
        'attached policies': allOf(
          itemsAt(item, 'AttachedManagedPolicies').flatMap((policy) => textAt(policy, 'PolicyArn') ?? []),
        ),
        // Groups have neither.
        ...(type === 'AWS::IAM::Group'
          ? {}
          : {
              'permissions boundary': set(textAt(item, 'PermissionsBoundary.PermissionsBoundaryArn')),
              tags: allOf(tagsOf(itemsAt(item, 'Tags'))),
            }),
        ...more,
        ...Object.fromEntries(inline),
      }),
    },
  ];
}

function managed({ account }: Place, item: Json): readonly Sighting[] {
  const arn = textAt(item, 'Arn');
  if (arn === undefined) return [];
  const versions = itemsAt(item, 'PolicyVersionList');
  const current =
    versions.find((version) => at(version, 'IsDefaultVersion') === true) ??
    versions.find((version) => textAt(version, 'VersionId') === textAt(item, 'DefaultVersionId'));
  return [
    {
      type: 'AWS::IAM::ManagedPolicy',
      id: arn,
      name: textAt(item, 'PolicyName') ?? arn.slice(arn.lastIndexOf('/') + 1),
      arn,
      account,
      what: 'shown',
      aspects: told({
        'made on': setIf(at(item, 'CreateDate')),
        policy: current === undefined ? undefined : setIf(documentAt(current, 'Document')),
        ...Object.fromEntries(
          versions.flatMap((version): (readonly [string, AspectChange | undefined])[] => {
            const id = textAt(version, 'VersionId');
            return id === undefined ? [] : [[`version ${id}`, setIf(documentAt(version, 'Document'))]];
          }),
        ),
      }),
    },
  ];
}

/** IAM writes documents in percent signs, after RFC 3986. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html */
function documentAt(value: Json, path: string): Json | undefined {
  const document = at(value, path);
  if (typeof document !== 'string' || !document.startsWith('%7B')) return document;
  try {
    return decodeURIComponent(document);
  } catch {
    return document;
  }
}

function allOf(add: readonly string[]): AspectChange {
  return { how: 'members', add: [...new Set(add)], remove: [], all: true };
}
