import {
  at,
  inlinePrefix,
  set,
  setIf,
  tagsIf,
  textAt,
  told,
  type AspectChange,
  type Call,
  type Reader,
  type Sighting,
} from './sighting.ts';

type Aspects = Readonly<Record<string, AspectChange | undefined>>;

type Kind = 'user' | 'role' | 'group';

const types: Readonly<Record<Kind, string>> = {
  user: 'AWS::IAM::User',
  role: 'AWS::IAM::Role',
  group: 'AWS::IAM::Group',
};

/** IAM's calls, by their names: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html */
export const iamReaders: Readonly<Record<string, Reader>> = {
  ...principalReaders('user', 'User'),
  ...principalReaders('role', 'Role'),
  ...principalReaders('group', 'Group'),
  CreateRole: (call) =>
    principal(call, 'role', 'created', {
      trust: setIf(at(call.request, 'assumeRolePolicyDocument')),
      tags: tagsIf(at(call.request, 'tags')),
    }),
  UpdateAssumeRolePolicy: (call) =>
    principal(call, 'role', 'changed', { trust: set(at(call.request, 'policyDocument') ?? null) }),
  CreateAccessKey: (call) => key(call, 'created', { status: set('Active') }),
  UpdateAccessKey: (call) => key(call, 'changed', { status: setIf(at(call.request, 'status')) }),
  DeleteAccessKey: (call) => key(call, 'deleted', {}),
  CreatePolicy: (call) =>
    managed(call, textAt(call.response, 'policy.arn'), 'created', {
      policy: setIf(at(call.request, 'policyDocument')),
      tags: tagsIf(at(call.request, 'tags')),
    }),
  // A version that is not the default takes no effect yet; it is remembered for when it does.
  CreatePolicyVersion: (call) => {
    const document = setIf(at(call.request, 'policyDocument'));
    const version = textAt(call.response, 'policyVersion.versionId');
    const isDefault = at(call.request, 'setAsDefault') === true;
    return managed(call, textAt(call.request, 'policyArn'), 'changed', {
      policy: isDefault ? document : undefined,
      ...(version === undefined ? {} : { [`version ${version}`]: document }),
    });
  },
  SetDefaultPolicyVersion: (call) => {
    const version = textAt(call.request, 'versionId');
    return managed(call, textAt(call.request, 'policyArn'), 'changed', {
      policy: version === undefined ? undefined : { how: 'copy', of: `version ${version}` },
    });
  },
  DeletePolicyVersion: (call) => {
    const version = textAt(call.request, 'versionId');
    return managed(
      call,
      textAt(call.request, 'policyArn'),
      'changed',
      version === undefined ? {} : { [`version ${version}`]: set(undefined) },
    );
  },
  DeletePolicy: (call) => managed(call, textAt(call.request, 'policyArn'), 'deleted', {}),
};

function principalReaders(kind: Kind, name: string): Readonly<Record<string, Reader>> {
  return {
    [`Create${name}`]: (call) => principal(call, kind, 'created', { tags: tagsIf(at(call.request, 'tags')) }),
    [`Delete${name}`]: (call) => principal(call, kind, 'deleted', {}),
    [`Tag${name}`]: (call) => principal(call, kind, 'changed', { tags: tagsIf(at(call.request, 'tags')) }),
    [`Attach${name}Policy`]: (call) => principal(call, kind, 'changed', attached(call, 'add')),
    [`Detach${name}Policy`]: (call) => principal(call, kind, 'changed', attached(call, 'remove')),
    [`Put${name}Policy`]: (call) =>
      principal(call, kind, 'changed', inline(call, set(at(call.request, 'policyDocument') ?? null))),
    [`Delete${name}Policy`]: (call) => principal(call, kind, 'changed', inline(call, set(undefined))),
    [`Put${name}PermissionsBoundary`]: (call) =>
      principal(call, kind, 'changed', {
        'permissions boundary': setIf(at(call.request, 'permissionsBoundary')),
      }),
    [`Delete${name}PermissionsBoundary`]: (call) =>
      principal(call, kind, 'changed', { 'permissions boundary': set(undefined) }),
  };
}

function attached(call: Call, how: 'add' | 'remove'): Aspects {
  const policy = textAt(call.request, 'policyArn');
  if (policy === undefined) return {};
  return {
    'attached policies': {
      how: 'members',
      add: how === 'add' ? [policy] : [],
      remove: how === 'remove' ? [policy] : [],
    },
  };
}

function inline(call: Call, change: AspectChange): Aspects {
  const name = textAt(call.request, 'policyName');
  return name === undefined ? {} : { [`${inlinePrefix}${name.slice(0, 128)}`]: change };
}

/** Names of users, roles and groups are unique in an account whatever their path, and requests name no path. */
function principal(call: Call, kind: Kind, what: Sighting['what'], aspects: Aspects): readonly Sighting[] {
  const name = textAt(call.request, `${kind}Name`);
  if (name === undefined || call.account === undefined) return [];
  return [
    {
      type: types[kind],
      id: `${call.account}/${name}`,
      name,
      arn:
        textAt(call.response, `${kind}.arn`) ?? `arn:${call.partition}:iam::${call.account}:${kind}/${name}`,
      account: call.account,
      what,
      aspects: told(aspects),
    },
  ];
}

function key(call: Call, what: Sighting['what'], aspects: Aspects): readonly Sighting[] {
  const id = textAt(call.response, 'accessKey.accessKeyId') ?? textAt(call.request, 'accessKeyId');
  if (id === undefined) return [];
  const user =
    textAt(call.response, 'accessKey.userName') ?? textAt(call.request, 'userName') ?? call.event.actor.name;
  return [
    {
      type: 'AWS::IAM::AccessKey',
      id,
      name: id,
      account: call.account,
      what,
      aspects: told({ user: set(user.slice(0, 200)), ...aspects }),
    },
  ];
}

function managed(
  call: Call,
  arn: string | undefined,
  what: Sighting['what'],
  aspects: Aspects,
): readonly Sighting[] {
  if (arn === undefined) return [];
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  return [
    {
      type: 'AWS::IAM::ManagedPolicy',
      id: arn,
      name,
      arn,
      account: call.account,
      what,
      aspects: told(aspects),
    },
  ];
}
