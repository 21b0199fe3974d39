import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';

type Case = readonly [name: string, event: Event, expected: readonly string[]];

/** `subject kind change days-or-date name: explanation`, one line for each fact of a loss or a guard. */
function lines(event: Event): string[] {
  return factsOf(event)
    .filter(({ subject }) => subject === 'loss' || subject === 'protection')
    .map(({ subject, fields, explanation }) => {
      const told = ['kind', 'change'].map((name) => text(fields, name));
      const when = [fields['days'], fields['date']].filter((value) => value !== undefined).map(String);
      return [subject, ...told, ...when].join(' ') + `: ${explanation}`;
    });
}

const kms = (action: string, request: JsonObject, more?: JsonObject): Event =>
  callOf('kms', action, { keyId: '1234abcd', ...request }, more);
const secrets = (action: string, request: JsonObject, more?: JsonObject): Event =>
  callOf('secretsmanager', action, { secretId: 'billing/db', ...request }, more);
const ecr = (action: string, request: Json): Event => callOf('ecr', action, request);

const losses: readonly Case[] = [
  [
    'a key that goes in a week',
    kms('ScheduleKeyDeletion', { pendingWindowInDays: 7 }),
    [
      'loss deletion scheduled 7: KMS key `1234abcd` goes in 7 days, and all that is encrypted under it with it, unless CancelKeyDeletion comes first; it cannot be used from now on',
    ],
  ],
  [
    'a key that goes after the usual time',
    kms('ScheduleKeyDeletion', {}),
    [
      'loss deletion scheduled 30: KMS key `1234abcd` goes in 30 days, and all that is encrypted under it with it, unless CancelKeyDeletion comes first; it cannot be used from now on',
    ],
  ],
  [
    'a refusal to delete a key',
    kms('ScheduleKeyDeletion', { pendingWindowInDays: 7 }, denied),
    [
      'loss deletion unchanged 7: tried to have KMS key `1234abcd` deleted in 7 days, but the call failed (`AccessDenied`)',
    ],
  ],
  [
    'a key that stays',
    kms('CancelKeyDeletion', {}),
    [
      'loss deletion cancelled: KMS key `1234abcd` is not deleted after all; it stays switched off until EnableKey',
    ],
  ],
  [
    'key material that is gone',
    kms('DeleteImportedKeyMaterial', {}),
    [
      'loss deletion done: the material of KMS key `1234abcd` is gone: what is encrypted under it cannot be read until somebody who kept a copy of the very same material imports it again',
    ],
  ],
  [
    'key material with an end',
    kms('ImportKeyMaterial', { expirationModel: 'KEY_MATERIAL_EXPIRES', validTo: '2026-03-03T00:00:00Z' }),
    [
      'loss deletion scheduled 2026-03-03T00:00:00Z: the material of KMS key `1234abcd` now comes from outside and goes by itself on `2026-03-03T00:00:00Z`: from then on what is encrypted under it can be read by nobody but its holder',
    ],
  ],
  [
    'key material without an end',
    kms('ImportKeyMaterial', { expirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }),
    [],
  ],
  [
    'a secret deleted for good',
    secrets('DeleteSecret', { forceDeleteWithoutRecovery: true }),
    [
      'loss deletion done: secret `billing/db` is gone for good, without the usual time in which it can be restored',
    ],
  ],
  [
    'a secret deleted after a week',
    secrets('DeleteSecret', { recoveryWindowInDays: 7 }),
    [
      'loss deletion scheduled 7: secret `billing/db` cannot be read any more and goes in 7 days, unless RestoreSecret comes first',
    ],
  ],
  [
    'a secret restored',
    secrets('RestoreSecret', {}),
    ['loss deletion cancelled: secret `billing/db` is not deleted after all'],
  ],
  ['a call that names no secret', callOf('secretsmanager', 'DeleteSecret', {}), []],
  [
    'two parameters',
    callOf('ssm', 'DeleteParameters', { names: ['/a', '/b'] }),
    [
      'loss deletion done: parameter `/a` is gone for good',
      'loss deletion done: parameter `/b` is gone for good',
    ],
  ],
  [
    'a repository',
    ecr('DeleteRepository', { repositoryName: 'api', force: true }),
    ['loss deletion done: container repository `api` is gone for good'],
  ],
  [
    'images',
    ecr('BatchDeleteImage', { repositoryName: 'api', imageIds: [{ imageTag: 'live' }] }),
    ['loss deletion done: images of container repository `api` are deleted'],
  ],
];

/** `kind change`, one for each guard. */
function guards(event: Event): string[] {
  return factsOf(event)
    .filter(({ subject }) => subject === 'protection')
    .map(({ fields }) => `${text(fields, 'kind')} ${text(fields, 'change')}`);
}

const set: readonly Case[] = [
  ['a key is switched off', kms('DisableKey', {}), ['key removed']],
  ['a key is switched on', kms('EnableKey', {}), ['key restored']],
  ['a refusal to switch a key off', kms('DisableKey', {}, denied), ['key unchanged']],
  [
    'a key store is disconnected',
    callOf('kms', 'DisconnectCustomKeyStore', { customKeyStoreId: 'cks-1' }),
    ['key removed'],
  ],
  [
    'a key store is connected',
    callOf('kms', 'ConnectCustomKeyStore', { customKeyStoreId: 'cks-1' }),
    ['key restored'],
  ],
  ['rotation of a key is off', kms('DisableKeyRotation', {}), ['key-rotation removed']],
  ['rotation of a key is on', kms('EnableKeyRotation', {}), ['key-rotation restored']],
  ['rotation of a secret is off', secrets('CancelRotateSecret', {}), ['secret-rotation removed']],
  [
    'rotation of a secret is on',
    secrets('RotateSecret', { rotationRules: { automaticallyAfterDays: 30 } }),
    ['secret-rotation restored'],
  ],
  ['a secret is rotated once', secrets('RotateSecret', {}), []],
  [
    'a replica of a secret goes',
    secrets('RemoveRegionsFromReplication', { removeReplicaRegions: ['eu-central-1'] }),
    ['secret-replica weakened'],
  ],
  [
    'scanning is off',
    ecr('PutImageScanningConfiguration', {
      repositoryName: 'api',
      imageScanningConfiguration: { scanOnPush: false },
    }),
    ['image-scanning removed'],
  ],
  [
    'scanning is on',
    ecr('PutImageScanningConfiguration', {
      repositoryName: 'api',
      imageScanningConfiguration: { scanOnPush: true },
    }),
    ['image-scanning restored'],
  ],
  [
    'the registry scans nothing',
    ecr('PutRegistryScanningConfiguration', { scanType: 'BASIC', rules: [] }),
    ['image-scanning removed'],
  ],
  [
    'the registry scans all',
    ecr('PutRegistryScanningConfiguration', {
      scanType: 'ENHANCED',
      rules: [{ scanFrequency: 'CONTINUOUS_SCAN' }],
    }),
    ['image-scanning restored'],
  ],
  [
    'tags can move',
    ecr('PutImageTagMutability', { repositoryName: 'api', imageTagMutability: 'MUTABLE' }),
    ['image-immutability removed'],
  ],
  [
    'tags cannot move',
    ecr('PutImageTagMutability', { repositoryName: 'api', imageTagMutability: 'IMMUTABLE' }),
    ['image-immutability restored'],
  ],
  [
    'a new repository without either',
    ecr('CreateRepository', { repositoryName: 'api', imageScanningConfiguration: { scanOnPush: false } }),
    ['image-scanning absent', 'image-immutability absent'],
  ],
  [
    'a new repository with both',
    ecr('CreateRepository', {
      repositoryName: 'api',
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
    }),
    [],
  ],
];

describe('what is lost with keys, secrets and images', () => {
  it.each(losses)('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });
});

describe('what guards keys, secrets and images', () => {
  it.each(set)('%s', (_name, event, expected) => {
    expect(guards(event)).toEqual(expected);
  });
});
