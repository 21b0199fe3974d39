import { at, flagAt, membersAt, numberAt, textAt } from '../call.ts';
import type { Call } from '../call.ts';
import { always, byFlag, byWord, removed, restored, settingOf, weakened } from './guard.ts';
import type { Guard, Setting } from './guard.ts';

const machine = {
  service: 'ec2',
  type: 'AWS::EC2::Instance',
  word: 'instance',
  name: ['instanceId'],
} as const;
const ofRegion = { service: 'ec2', scope: 'region', word: 'account', name: [] } as const;

const oldMetadata =
  "programs on it that can be made to fetch an address hand out its role's credentials, as IMDSv1 answers any request";

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableSnapshotBlockPublicAccess.html
function snapshotBlock(call: Call): Setting {
  if (call.event.action.startsWith('Disable')) return removed;
  const state = textAt(call.request, 'state');
  if (state === undefined) return { wanted: 'unknown' };
  return state === 'block-all-sharing' ? restored : { wanted: 'weakened', lost: ['snapshots-shared-before'] };
}

const switchedOff = ({ event }: Call): Setting => (event.action.startsWith('Disable') ? removed : restored);

/** Termination and stop protection, in the forms `disableApiTermination: {value: false}` and `attribute` with `value`. */
function protection(name: 'disableApiTermination' | 'disableApiStop'): (call: Call) => Setting | undefined {
  return (call) => {
    const named = textAt(call.request, 'attribute') === name ? flagAt(call.request, 'value') : undefined;
    const flag = flagAt(call.request, name) ?? named;
    return flag === undefined ? undefined : settingOf(call, flag);
  };
}

// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html#block-public-access
function documentSharing({ request, event }: Call): Setting | undefined {
  const setting = textAt(request, 'settingId');
  if (setting?.endsWith('/ssm/documents/console/public-sharing-permission') !== true) return undefined;
  if (event.action === 'ResetServiceSetting') return { wanted: 'unknown' };
  const value = textAt(request, 'settingValue')?.toLowerCase();
  return value === 'enable' ? removed : value === 'disable' ? restored : { wanted: 'unknown' };
}

/** The document by which Session Manager decides what of a session is logged. */
const preferences = 'SSM-SessionManagerRunShell';

function sessionPreferences({ request, event }: Call): Setting | undefined {
  if (textAt(request, 'name') !== preferences) return undefined;
  if (event.action === 'DeleteDocument') return removed;
  const content = textAt(request, 'content') ?? '';
  if (content === '' || content.length > 20_000) return { wanted: 'unknown' };
  const places = /"(?:s3BucketName|cloudWatchLogGroupName)"\s*:\s*"[^"]/.test(content);
  return places ? restored : removed;
}

/** {"loggingConfig": {"textDataDeliveryEnabled": false, ...}}: what is delivered of prompts and answers. */
function invocationLogging({ request, event }: Call): Setting {
  if (event.action.startsWith('Delete')) return removed;
  const kinds = ['text', 'image', 'embedding', 'video', 'audio'];
  const flags = kinds.map((kind) => flagAt(request, `loggingConfig.${kind}DataDeliveryEnabled`));
  const off = kinds.filter((_, index) => flags[index] === false);
  const places = ['s3Config', 'cloudWatchConfig'].some(
    (place) => at(request, `loggingConfig.${place}`) !== undefined,
  );
  if (at(request, 'loggingConfig') === undefined) return { wanted: 'unknown' };
  if (!places) return removed;
  // Text is what prompts and answers are made of.
  return off.includes('text') ? { wanted: 'weakened', lost: off } : restored;
}

function containerLogging({ request }: Call): Setting | undefined {
  const logging = textAt(request, 'configuration.executeCommandConfiguration.logging');
  if (logging === undefined) return undefined;
  return logging === 'NONE' ? removed : restored;
}

/** The guards of machines and of code that runs: EC2, Systems Manager, Lambda, ECS, CloudFormation, Bedrock, SageMaker. */
export const machineGuards: readonly Guard[] = [
  {
    ...ofRegion,
    actions: ['DisableSnapshotBlockPublicAccess', 'EnableSnapshotBlockPublicAccess'],
    type: 'AWS::EC2::SnapshotBlockPublicAccess',
    kind: 'block-public-access',
    guard: 'the block of public disk snapshots',
    read: snapshotBlock,
    without: 'disk snapshots may be shared with every AWS account',
    unknowns: ['which snapshots are public: DescribeSnapshots with RestorableByUserIds=all would tell'],
  },
  {
    ...ofRegion,
    actions: ['DisableImageBlockPublicAccess', 'EnableImageBlockPublicAccess'],
    type: 'AWS::EC2::ImageBlockPublicAccess',
    kind: 'block-public-access',
    guard: 'the block of public machine images',
    read: switchedOff,
    without: 'machine images may be shared with every AWS account',
    unknowns: ['which images are public: DescribeImages with ExecutableUsers=all would tell'],
  },
  {
    ...ofRegion,
    actions: ['DisableEbsEncryptionByDefault', 'EnableEbsEncryptionByDefault'],
    type: 'AWS::EC2::EbsEncryptionByDefault',
    kind: 'encryption',
    guard: 'encryption of new volumes by default',
    read: switchedOff,
    without: 'new disks and their snapshots can be read without any key unless somebody asks for one',
  },
  {
    ...ofRegion,
    actions: ['DisableAllowedImagesSettings', 'EnableAllowedImagesSettings'],
    type: 'AWS::EC2::AllowedImages',
    kind: 'code-signing',
    guard: 'the list of allowed machine images',
    read: (call) =>
      call.event.action.startsWith('Disable')
        ? removed
        : textAt(call.request, 'allowedImagesSettingsState') === 'audit-mode'
          ? { wanted: 'weakened', lost: ['enforcement'] }
          : restored,
    without: "machines can be started from anybody's image",
  },
  {
    ...ofRegion,
    actions: ['ModifyInstanceMetadataDefaults'],
    type: 'AWS::EC2::InstanceMetadataDefaults',
    kind: 'instance-metadata',
    guard: 'IMDSv2 for new instances',
    read: byWord('httpTokens', ['optional', 'no-preference'], ['required']),
    without: 'new instances may answer any request for their credentials, as IMDSv1 does',
  },
  {
    ...machine,
    actions: ['ModifyInstanceMetadataOptions'],
    kind: 'instance-metadata',
    guard: 'IMDSv2',
    read: byWord('httpTokens', ['optional'], ['required']),
    without: oldMetadata,
  },
  {
    ...machine,
    actions: ['ModifyInstanceAttribute'],
    kind: 'deletion-protection',
    guard: 'termination protection',
    read: protection('disableApiTermination'),
    without: 'one call can destroy it now',
  },
  {
    ...machine,
    actions: ['ModifyInstanceAttribute'],
    kind: 'deletion-protection',
    guard: 'stop protection',
    read: protection('disableApiStop'),
    without: 'one call can stop it now',
  },
  {
    service: 'ec2',
    actions: ['DisableImageDeregistrationProtection', 'EnableImageDeregistrationProtection'],
    type: 'AWS::EC2::Image',
    word: 'machine image',
    name: ['imageId'],
    kind: 'deletion-protection',
    guard: 'deregistration protection',
    read: switchedOff,
    without: 'it can be deregistered',
  },
  {
    service: 'ec2',
    actions: ['UnlockSnapshot', 'LockSnapshot'],
    type: 'AWS::EC2::Snapshot',
    word: 'disk snapshot',
    name: ['snapshotId'],
    kind: 'snapshot-lock',
    guard: 'the lock',
    read: ({ event }) => (event.action === 'UnlockSnapshot' ? removed : restored),
    without: 'it can be deleted before its time',
  },
  {
    service: 'ssm',
    actions: ['UpdateServiceSetting', 'ResetServiceSetting'],
    scope: 'region',
    type: 'AWS::SSM::DocumentPublicSharing',
    word: 'account',
    name: [],
    kind: 'block-public-access',
    guard: 'the block of public Systems Manager documents',
    read: documentSharing,
    without: 'documents may be shared with every AWS account',
  },
  {
    service: 'ssm',
    actions: ['UpdateDocument', 'DeleteDocument', 'CreateDocument'],
    type: 'AWS::SSM::Document',
    word: 'Session Manager by document',
    name: ['name'],
    kind: 'session-logging',
    guard: 'logging of sessions',
    read: sessionPreferences,
    without: 'what people type in their sessions is no longer written down',
  },
  {
    service: 'lambda',
    actions: ['DeleteFunctionCodeSigningConfig', 'DeleteFunctionCodeSigningConfig20200630'],
    type: 'AWS::Lambda::Function',
    word: 'function',
    name: ['functionName'],
    kind: 'code-signing',
    guard: 'code signing',
    read: always(removed),
    without: 'code that nobody signed can be put into it',
  },
  {
    service: 'lambda',
    actions: ['UpdateCodeSigningConfig', 'UpdateCodeSigningConfig20200422'],
    type: 'AWS::Lambda::CodeSigningConfig',
    word: 'functions with code signing configuration',
    name: ['codeSigningConfigArn'],
    kind: 'code-signing',
    guard: 'code signing',
    read: byWord('codeSigningPolicies.untrustedArtifactOnDeployment', ['warn'], ['enforce']),
    without: 'unsigned code is put into them with a warning alone',
  },
  {
    service: 'ecs',
    actions: ['UpdateCluster'],
    type: 'AWS::ECS::Cluster',
    word: 'container cluster',
    name: ['cluster'],
    kind: 'session-logging',
    guard: 'logging of commands in containers',
    read: containerLogging,
    without: 'what people do in its containers is no longer written down',
  },
  {
    service: 'cloudformation',
    actions: ['UpdateTerminationProtection'],
    type: 'AWS::CloudFormation::Stack',
    word: 'stack',
    name: ['stackName', 'stackId'],
    kind: 'deletion-protection',
    guard: 'termination protection',
    read: byFlag('enableTerminationProtection'),
    without: 'one call can delete it with everything in it',
  },
  {
    service: 'bedrock',
    actions: ['DeleteModelInvocationLoggingConfiguration', 'PutModelInvocationLoggingConfiguration'],
    scope: 'region',
    type: 'AWS::Bedrock::ModelInvocationLogging',
    word: 'account',
    name: [],
    kind: 'audit',
    guard: 'logging of model invocations',
    read: invocationLogging,
    without: 'what is asked of models and what they answer is no longer written down',
  },
  {
    service: 'bedrock',
    actions: ['DeleteGuardrail', 'UpdateGuardrail'],
    type: 'AWS::Bedrock::Guardrail',
    word: 'guardrail',
    name: ['guardrailIdentifier'],
    kind: 'guardrail',
    guard: 'the filter of prompts and answers',
    read: ({ event }) => (event.action === 'DeleteGuardrail' ? removed : { wanted: 'unknown' }),
    without: 'models are asked and answer without it',
  },
  {
    service: 'sagemaker',
    actions: ['UpdateNotebookInstance', 'CreateNotebookInstance'],
    type: 'AWS::SageMaker::NotebookInstance',
    word: 'notebook',
    name: ['notebookInstanceName'],
    kind: 'instance-metadata',
    guard: 'IMDSv2',
    read: (call) => {
      const version = numberAt(
        call.request,
        'instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion',
      );
      return version === undefined ? undefined : settingOf(call, version >= 2);
    },
    without: oldMetadata,
  },
  {
    service: 'lightsail',
    actions: ['DisableAddOn', 'EnableAddOn'],
    type: 'AWS::Lightsail::Instance',
    word: 'Lightsail resource',
    name: ['resourceName'],
    kind: 'backups',
    guard: 'automatic snapshots',
    read: (call) => {
      const kind = textAt(call.request, 'addOnType') ?? textAt(call.request, 'addOnRequest.addOnType');
      return kind === 'AutoSnapshot' ? switchedOff(call) : undefined;
    },
    without: 'nothing is kept to bring it back from',
  },
  {
    service: 'autoscaling',
    actions: ['SetInstanceProtection'],
    type: 'AWS::AutoScaling::AutoScalingGroup',
    word: 'scaling group',
    name: ['autoScalingGroupName'],
    kind: 'deletion-protection',
    guard: 'protection from scaling in',
    read: (call) => {
      const setting = byFlag('protectedFromScaleIn')(call);
      return setting === removed && membersAt(call.request, 'instanceIds').length > 0 ? weakened : setting;
    },
    without: 'its instances may be ended when it shrinks',
  },
];
