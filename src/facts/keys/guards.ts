import { membersAt, textAt } from '../call.ts';
import {
  absent,
  always,
  byFlag,
  byWord,
  isCreation,
  removed,
  restored,
  settingOf,
  weakened,
} from '../guards/guard.ts';
import type { Guard } from '../guards/guard.ts';

const key = {
  service: 'kms',
  type: 'AWS::KMS::Key',
  word: 'KMS key',
  name: ['keyId'],
} as const;
const keyStore = {
  service: 'kms',
  type: 'AWS::KMS::CustomKeyStore',
  word: 'key store',
  name: ['customKeyStoreId', 'customKeyStoreName'],
} as const;
const secret = {
  service: 'secretsmanager',
  type: 'AWS::SecretsManager::Secret',
  word: 'secret',
  name: ['secretId'],
} as const;
const repository = {
  service: 'ecr',
  type: 'AWS::ECR::Repository',
  word: 'container repository',
  name: ['repositoryName'],
} as const;

const unusable = 'what is encrypted under it cannot be read, and what needs it fails, until it is on again';
const unusableKeys = 'no key in it can be used, and what needs one fails, until it is connected again';
const unscanned = 'flaws in what is pushed are no longer found on the way in';
const movable = 'a tag can be made to name another image, so that what is deployed by its tag changes unseen';

/**
 * Calls that set what keeps keys, secrets and images usable and what they seem:
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html,
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html,
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
 */
export const keyGuards: readonly Guard[] = [
  { ...key, actions: ['DisableKey'], kind: 'key', guard: 'use', read: always(removed), without: unusable },
  { ...key, actions: ['EnableKey'], kind: 'key', guard: 'use', read: always(restored), without: unusable },
  {
    ...keyStore,
    actions: ['DisconnectCustomKeyStore', 'DeleteCustomKeyStore'],
    kind: 'key',
    guard: 'use',
    read: always(removed),
    without: unusableKeys,
  },
  {
    ...keyStore,
    actions: ['ConnectCustomKeyStore'],
    kind: 'key',
    guard: 'use',
    read: always(restored),
    without: unusableKeys,
  },
  {
    ...key,
    actions: ['DisableKeyRotation'],
    kind: 'key-rotation',
    guard: 'rotation',
    read: always(removed),
    without: 'its material stays the same for ever, whoever has come by it',
  },
  {
    ...key,
    actions: ['EnableKeyRotation'],
    kind: 'key-rotation',
    guard: 'rotation',
    read: always(restored),
    without: '',
  },
  {
    ...secret,
    actions: ['CancelRotateSecret'],
    kind: 'secret-rotation',
    guard: 'rotation',
    read: always(removed),
    without: 'its value stays good for whoever has read it',
  },
  {
    ...secret,
    actions: ['RotateSecret'],
    kind: 'secret-rotation',
    guard: 'rotation',
    read: ({ request }) => (membersAt(request, 'rotationRules').length > 0 ? restored : undefined),
    without: '',
  },
  {
    ...secret,
    actions: ['RemoveRegionsFromReplication', 'StopReplicationToReplica'],
    kind: 'secret-replica',
    guard: 'replication',
    read: always(weakened),
    without: 'a copy in another region is gone or no longer follows it',
  },
  {
    ...repository,
    actions: ['CreateRepository', 'PutImageScanningConfiguration'],
    kind: 'image-scanning',
    guard: 'scanning on push',
    read: byFlag('imageScanningConfiguration.scanOnPush'),
    without: unscanned,
    unknowns: [
      'whether the registry scans its repositories anyway: GetRegistryScanningConfiguration would tell',
    ],
  },
  {
    ...repository,
    actions: ['PutRegistryScanningConfiguration'],
    kind: 'image-scanning',
    scope: 'region',
    type: 'AWS::ECR::RegistryScanningConfiguration',
    word: 'container registry',
    guard: 'scanning',
    read: (call) => settingOf(call, membersAt(call.request, 'rules').length > 0),
    without: unscanned,
  },
  {
    ...repository,
    actions: ['PutImageTagMutability'],
    kind: 'image-immutability',
    guard: 'immutability of tags',
    read: byWord(
      'imageTagMutability',
      ['mutable', 'mutable_with_exclusion'],
      ['immutable', 'immutable_with_exclusion'],
    ),
    without: movable,
  },
  {
    ...repository,
    actions: ['CreateRepository'],
    kind: 'image-immutability',
    guard: 'immutability of tags',
    read: (call) => {
      // The default is MUTABLE.
      const word = textAt(call.request, 'imageTagMutability')?.toLowerCase() ?? 'mutable';
      return isCreation(call) && word.startsWith('mutable') ? absent : undefined;
    },
    without: movable,
  },
];
