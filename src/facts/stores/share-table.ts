import { isAccountId } from '../../decode/cloudtrail/arn.ts';
import { at, membersAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import type { AccessClass } from '../policy/access.ts';

/** With whom a call shares a thing, or stops to. */
export interface Sharing {
  readonly adds: readonly string[];
  readonly removes: readonly string[];
  /** True where the call takes back every sharing there is. */
  readonly clears?: boolean | undefined;
}

/** A kind of thing that can be lent to other accounts by name, and the calls that do so. */
export interface Shareable {
  readonly service: string;
  readonly actions: readonly string[];
  readonly type: string;
  readonly word: string;
  readonly name: readonly string[];
  readonly read: (call: Call) => Sharing | undefined;
  /** What they can do with it: "copy the database in". */
  readonly lets: string;
  readonly access: readonly AccessClass[];
  /** What may stop them all the same. */
  readonly unknown: string | undefined;
}

/** The word by which a share means every AWS account. */
export const everybody = 'all';

const none: readonly string[] = [];

function lists(adds: string, removes: string): (call: Call) => Sharing | undefined {
  return ({ request }) => ({ adds: textsAt(request, adds), removes: textsAt(request, removes) });
}

// {"attributeName": "restore", "valuesToAdd": ["444455556666"]}; the other attributes say nothing of who may restore.
function databaseSnapshot(call: Call): Sharing | undefined {
  const attribute = textAt(call.request, 'attributeName');
  if (attribute !== undefined && attribute !== 'restore') return undefined;
  return lists('valuesToAdd', 'valuesToRemove')(call);
}

/**
 * EC2 writes {"createVolumePermission": {"add": {"items": [{"userId": ...}, {"group": "all"}]}}}. Calls of the older form
 * carry `operationType` with `userIds` and `groups`.
 */
function permission(member: string): (call: Call) => Sharing | undefined {
  return ({ request, event }) => {
    if (event.action.startsWith('Reset')) return { adds: none, removes: none, clears: true };
    const adds = [...entriesAt(request, `${member}.add`)];
    const removes = [...entriesAt(request, `${member}.remove`)];
    const kind = textAt(request, 'operationType');
    if (kind !== undefined) {
      const named = [
        ...textsAt(request, 'userIds'),
        ...textsAt(request, 'groups'),
        ...textsAt(request, 'groupNames'),
      ];
      (kind === 'remove' ? removes : adds).push(...named);
    }
    return { adds, removes };
  };
}

function entriesAt(request: Call['request'], path: string): readonly string[] {
  return membersAt(request, path).flatMap((entry) =>
    ['userId', 'group', 'organizationArn', 'organizationalUnitArn']
      .map((name) => textAt(entry, name))
      .filter((value) => value !== undefined),
  );
}

function one(path: string, gives: string, takes: string): (call: Call) => Sharing | undefined {
  return ({ request, event }) => {
    const account = textAt(request, path);
    if (event.action === takes && account === undefined) return { adds: none, removes: none, clears: true };
    if (account === undefined) return undefined;
    return event.action === gives ? { adds: [account], removes: none } : { adds: none, removes: [account] };
  };
}

// https://docs.aws.amazon.com/redshift/latest/APIReference/API_AuthorizeDataShare.html: an account, or `ADX` for AWS Data Exchange.
function dataShare(call: Call): Sharing | undefined {
  const consumer = textAt(call.request, 'consumerIdentifier');
  if (consumer === undefined) return undefined;
  return call.event.action === 'AuthorizeDataShare'
    ? { adds: [consumer], removes: none }
    : { adds: none, removes: [consumer] };
}

// https://docs.aws.amazon.com/ram/latest/APIReference/API_CreateResourceShare.html; principals are accounts, ARNs of an organisation or unit, roles and users.
function resourceShare(call: Call): Sharing | undefined {
  const principals = textsAt(call.request, 'principals').filter((name) => name !== '');
  if (principals.length === 0) return undefined;
  return call.event.action === 'DisassociateResourceShare'
    ? { adds: none, removes: principals }
    : { adds: principals, removes: none };
}

// Rules of a network or function hang on other members; a bare list of accounts is `SharedAccountId` here.
function imagePermission(call: Call): Sharing | undefined {
  const account = textAt(call.request, 'sharedAccountId');
  if (account === undefined || !isAccountId(account)) return undefined;
  const takes = call.event.action.startsWith('Delete') || at(call.request, 'allowCopyImage') === false;
  return takes ? { adds: none, removes: [account] } : { adds: [account], removes: none };
}

const unknownKey = (what: string): string =>
  `whether ${what} is encrypted, and with a key that they may use: without the key they cannot read it`;

/** Everything that is shared by name. RDS, EC2 images and EBS snapshots after real records; the rest after the API references. */
export const shareables: readonly Shareable[] = [
  {
    service: 'rds',
    actions: ['ModifyDBSnapshotAttribute'],
    type: 'AWS::RDS::DBSnapshot',
    word: 'database snapshot',
    name: ['dBSnapshotIdentifier'],
    read: databaseSnapshot,
    lets: 'copy and restore',
    access: ['read'],
    unknown: unknownKey('the snapshot'),
  },
  {
    service: 'rds',
    actions: ['ModifyDBClusterSnapshotAttribute'],
    type: 'AWS::RDS::DBClusterSnapshot',
    word: 'database cluster snapshot',
    name: ['dBClusterSnapshotIdentifier'],
    read: databaseSnapshot,
    lets: 'copy and restore',
    access: ['read'],
    unknown: unknownKey('the snapshot'),
  },
  {
    service: 'ec2',
    actions: ['ModifySnapshotAttribute', 'ResetSnapshotAttribute'],
    type: 'AWS::EC2::Snapshot',
    word: 'disk snapshot',
    name: ['snapshotId'],
    read: permission('createVolumePermission'),
    lets: 'copy and make volumes of',
    access: ['read'],
    unknown: unknownKey('the snapshot'),
  },
  {
    service: 'ec2',
    actions: ['ModifyImageAttribute', 'ResetImageAttribute'],
    type: 'AWS::EC2::Image',
    word: 'machine image',
    name: ['imageId'],
    read: permission('launchPermission'),
    lets: 'start machines from, and so read the disks of,',
    access: ['read'],
    unknown: undefined,
  },
  {
    service: 'redshift',
    actions: ['AuthorizeSnapshotAccess', 'RevokeSnapshotAccess'],
    type: 'AWS::Redshift::ClusterSnapshot',
    word: 'Redshift snapshot',
    name: ['snapshotIdentifier', 'snapshotArn'],
    read: one('accountWithRestoreAccess', 'AuthorizeSnapshotAccess', 'RevokeSnapshotAccess'),
    lets: 'restore',
    access: ['read'],
    unknown: unknownKey('the snapshot'),
  },
  {
    service: 'redshift',
    actions: ['AuthorizeDataShare', 'DeauthorizeDataShare'],
    type: 'AWS::Redshift::DataShare',
    word: 'Redshift data share',
    name: ['dataShareArn'],
    read: dataShare,
    lets: 'query',
    access: ['read'],
    unknown: undefined,
  },
  {
    service: 'redshift',
    actions: ['AuthorizeEndpointAccess', 'RevokeEndpointAccess'],
    type: 'AWS::Redshift::Cluster',
    word: 'Redshift cluster',
    name: ['clusterIdentifier'],
    read: one('account', 'AuthorizeEndpointAccess', 'RevokeEndpointAccess'),
    lets: 'make endpoints in their own networks for',
    access: [],
    unknown: 'whether they have a password for it: its own users decide',
  },
  {
    service: 'ssm',
    actions: ['ModifyDocumentPermission'],
    type: 'AWS::SSM::Document',
    word: 'Systems Manager document',
    name: ['name'],
    read: lists('accountIdsToAdd', 'accountIdsToRemove'),
    lets: 'read and run',
    access: ['read'],
    unknown: undefined,
  },
  {
    service: 'ram',
    actions: ['CreateResourceShare', 'AssociateResourceShare', 'DisassociateResourceShare'],
    type: 'AWS::RAM::ResourceShare',
    word: 'resource share',
    name: ['name', 'resourceShareArn'],
    read: resourceShare,
    lets: 'use what is in',
    access: [],
    unknown: 'what is in the share: ListResources would tell',
  },
  {
    service: 'workspaces',
    actions: ['UpdateWorkspaceImagePermission'],
    type: 'AWS::WorkSpaces::Image',
    word: 'WorkSpaces image',
    name: ['imageId'],
    read: imagePermission,
    lets: 'copy',
    access: ['read'],
    unknown: undefined,
  },
  {
    service: 'appstream',
    actions: ['UpdateImagePermissions', 'DeleteImagePermissions'],
    type: 'AWS::AppStream::Image',
    word: 'AppStream image',
    name: ['name'],
    read: imagePermission,
    lets: 'use',
    access: ['read'],
    unknown: undefined,
  },
];
