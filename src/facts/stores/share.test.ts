import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { nothingKnown } from '../known.ts';
import type { Known } from '../known.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { share } from './share.ts';

const known: Known = {
  accounts: { '222233334444': { relation: 'own' }, '555566667777': { relation: 'trusted' } },
  organisations: ['o-ownorg1234'],
};

/** One line for each fact: `change audience verdict name [attempted]`. */
function lines(event: Event, of: Known = nothingKnown): readonly string[] {
  return factsOf(event, of)
    .filter(({ subject, fields }) => subject === 'exposure' && fields['via'] === 'share')
    .map(({ fields }) => {
      const told = ['change', 'audience', 'verdict', 'resource_name'].map((name) => text(fields, name));
      return `${told.join(' ')}${fields['attempted'] === true ? ' attempted' : ''}`;
    });
}

const database = (request: JsonObject, more?: JsonObject): Event =>
  callOf(
    'rds',
    'ModifyDBSnapshotAttribute',
    { dBSnapshotIdentifier: 'billing-1', attributeName: 'restore', ...request },
    more,
  );
const disk = (permission: Json, more?: JsonObject): Event =>
  callOf(
    'ec2',
    'ModifySnapshotAttribute',
    { snapshotId: 'snap-1', attributeType: 'CREATE_VOLUME_PERMISSION', createVolumePermission: permission },
    more,
  );
const image = (permission: Json, more?: JsonObject): Event =>
  callOf(
    'ec2',
    'ModifyImageAttribute',
    { imageId: 'ami-1', attributeType: 'launchPermission', launchPermission: permission },
    more,
  );
const add = (...items: JsonObject[]): Json => ({ add: { items } });
const remove = (...items: JsonObject[]): Json => ({ remove: { items } });

describe('a share', () => {
  it.each<readonly [string, Event, readonly string[]]>([
    [
      'a database snapshot for everybody',
      database({ valuesToAdd: ['all'] }),
      ['opened any-aws-account exposed billing-1'],
    ],
    [
      'a database snapshot for a stranger',
      database({ valuesToAdd: ['444455556666'] }),
      ['opened external-account unknown billing-1'],
    ],
    [
      'for everybody and a stranger',
      database({ valuesToAdd: ['444455556666', 'all'] }),
      ['opened external-account unknown billing-1', 'opened any-aws-account exposed billing-1'],
    ],
    ['for its own account, which changes nothing', database({ valuesToAdd: ['111122223333'] }), []],
    ['taken back', database({ valuesToRemove: ['all'] }), ['closed nobody none billing-1']],
    [
      'moved from everybody to one',
      database({ valuesToAdd: ['444455556666'], valuesToRemove: ['all'] }),
      ['opened external-account unknown billing-1', 'closed nobody none billing-1'],
    ],
    [
      'refused',
      database({ valuesToAdd: ['all'] }, denied),
      ['unchanged any-aws-account none billing-1 attempted'],
    ],
    ['an empty list', database({ valuesToAdd: [] }), []],
    ['another attribute', database({ attributeName: 'other', valuesToAdd: ['all'] }), []],
    [
      'a cluster snapshot',
      callOf('rds', 'ModifyDBClusterSnapshotAttribute', {
        dBClusterSnapshotIdentifier: 'orders-1',
        attributeName: 'restore',
        valuesToAdd: ['all'],
      }),
      ['opened any-aws-account exposed orders-1'],
    ],
    ['a disk for everybody', disk(add({ group: 'all' })), ['opened any-aws-account exposed snap-1']],
    [
      'a disk for a stranger',
      disk(add({ userId: '444455556666' })),
      ['opened external-account unknown snap-1'],
    ],
    ['a disk taken back', disk(remove({ userId: '444455556666' })), ['closed nobody none snap-1']],
    [
      'a disk in the older form',
      callOf('ec2', 'ModifySnapshotAttribute', {
        snapshotId: 'snap-1',
        operationType: 'add',
        groups: { items: ['all'] },
      }),
      ['opened any-aws-account exposed snap-1'],
    ],
    [
      'a disk taken back in the older form',
      callOf('ec2', 'ModifySnapshotAttribute', {
        snapshotId: 'snap-1',
        operationType: 'remove',
        userIds: ['444455556666'],
      }),
      ['closed nobody none snap-1'],
    ],
    [
      'every share of a disk undone',
      callOf('ec2', 'ResetSnapshotAttribute', { snapshotId: 'snap-1' }),
      ['closed nobody none snap-1'],
    ],
    ['an image for everybody', image(add({ group: 'all' })), ['opened any-aws-account exposed ami-1']],
    [
      'an image for a stranger',
      image(add({ userId: '444455556666' })),
      ['opened external-account exposed ami-1'],
    ],
    [
      'an image for an organisation',
      image(add({ organizationArn: 'arn:aws:organizations::444455556666:organization/o-exampleorg1' })),
      ['opened organisation exposed ami-1'],
    ],
    [
      'an image for a unit',
      image(
        add({
          organizationalUnitArn: 'arn:aws:organizations::444455556666:ou/o-exampleorg1/ou-ab12-11111111',
        }),
      ),
      ['opened organisation exposed ami-1'],
    ],
    [
      'an image whose description changes',
      callOf('ec2', 'ModifyImageAttribute', { imageId: 'ami-1', description: { value: 'x' } }),
      [],
    ],
    ['a request that EC2 could not read', callOf('ec2', 'ModifyImageAttribute', null, denied), []],
    [
      'a Redshift snapshot',
      callOf('redshift', 'AuthorizeSnapshotAccess', {
        snapshotIdentifier: 'lake-1',
        accountWithRestoreAccess: '444455556666',
      }),
      ['opened external-account unknown lake-1'],
    ],
    [
      'a Redshift snapshot taken back',
      callOf('redshift', 'RevokeSnapshotAccess', {
        snapshotIdentifier: 'lake-1',
        accountWithRestoreAccess: '444455556666',
      }),
      ['closed nobody none lake-1'],
    ],
    [
      'endpoints of a Redshift cluster taken back from all',
      callOf('redshift', 'RevokeEndpointAccess', { clusterIdentifier: 'lake', force: true }),
      ['closed nobody none lake'],
    ],
    [
      'a data share for AWS Data Exchange',
      callOf('redshift', 'AuthorizeDataShare', {
        dataShareArn: 'arn:aws:redshift:eu-west-1:111122223333:datashare:1/sales',
        consumerIdentifier: 'ADX',
      }),
      ['opened unknown unknown 1/sales'],
    ],
    [
      'a document for everybody',
      callOf('ssm', 'ModifyDocumentPermission', {
        name: 'Deploy',
        permissionType: 'Share',
        accountIdsToAdd: ['all'],
      }),
      ['opened any-aws-account exposed Deploy'],
    ],
    [
      'a document for everybody, with a capital',
      callOf('ssm', 'ModifyDocumentPermission', { name: 'Deploy', accountIdsToAdd: ['All'] }),
      ['opened any-aws-account exposed Deploy'],
    ],
    [
      'things shared with an account',
      callOf('ram', 'CreateResourceShare', {
        name: 'subnets',
        principals: ['444455556666'],
        resourceArns: [],
      }),
      ['opened external-account unknown subnets'],
    ],
  ])('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });

  it.each<readonly [string, Event, readonly string[]]>([
    [
      'one of the own accounts',
      database({ valuesToAdd: ['222233334444'] }),
      ['opened known-account unknown billing-1'],
    ],
    [
      'a partner and a stranger',
      database({ valuesToAdd: ['555566667777', '444455556666'] }),
      ['opened known-account unknown billing-1', 'opened external-account unknown billing-1'],
    ],
    [
      'the own organisation',
      image(add({ organizationArn: 'arn:aws:organizations::222233334444:organization/o-ownorg1234' })),
      ['opened own-organisation exposed ami-1'],
    ],
  ])('tells strangers from those who are known: %s', (_name, event, expected) => {
    expect(lines(event, known)).toEqual(expected);
  });

  it.each<readonly [string, Event, string]>([
    [
      'everybody',
      database({ valuesToAdd: ['all'] }),
      'anyone with an AWS account can now copy and restore database snapshot `billing-1`',
    ],
    [
      'an account',
      disk(add({ userId: '444455556666' })),
      'the outside AWS account 444455556666 can now copy and make volumes of disk snapshot `snap-1`',
    ],
    [
      'a refusal',
      image(add({ group: 'all' }), denied),
      'tried to let anyone with an AWS account start machines from, and so read the disks of, machine image `ami-1`, but the call failed (`AccessDenied`)',
    ],
    [
      'a safer change',
      disk(remove({ group: 'all' })),
      'disk snapshot `snap-1` is no longer shared with every AWS account',
    ],
  ])('is said in a sentence: %s', (_name, event, expected) => {
    expect(factsOf(event)[0]?.explanation).toBe(expected);
  });

  it('names the outside accounts, each once', () => {
    const [fact] = factsOf(disk(add({ userId: '444455556666' }, { userId: '444455556666' })));
    expect(fact?.fields['accounts']).toEqual(['444455556666']);
  });

  it('is read from any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...share.actions), fc.jsonValue(), (name, request) => {
        const [service = '', action = ''] = name.split(':');
        for (const fact of factsOf(callOf(service.replace('.amazonaws.com', ''), action, request)))
          expect(fact.explanation).not.toBe('');
      }),
    );
  });
});
