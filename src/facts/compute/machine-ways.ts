import { at, firstText, flagAt, membersAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import { traitsOf } from './way.ts';
import type { Details, Way } from './way.ts';

const instance = { type: 'AWS::EC2::Instance', word: 'instance', name: ['instanceId'] } as const;

/** Targets by tag or `*` name no machine: `{"targets": [{"key": "InstanceIds", "values": ["*"]}]}` means all of them. */
function command({ request }: Call): Details {
  const document = textAt(request, 'documentName') ?? textAt(request, 'name');
  const values = membersAt(request, 'targets').flatMap((target) => textsAt(target, 'values'));
  const ids = textsAt(request, 'instanceIds');
  return {
    what: document === undefined ? [] : [document],
    count: ids.length > 0 ? ids.length : undefined,
    traits: traitsOf({ 'every-machine': values.includes('*') }),
    as: textAt(request, 'serviceRoleArn'),
  };
}

function automation({ request }: Call): Details {
  const document = textAt(request, 'documentName');
  const role = firstText(request, ['parameters.AutomationAssumeRole', 'serviceRoleArn']);
  return { what: document === undefined ? [] : [document], as: role };
}

/** AWS-StartPortForwardingSessionToRemoteHost reaches whatever the machine reaches. */
function session({ request }: Call): Details {
  const document = textAt(request, 'documentName');
  return {
    what: document === undefined ? [] : [document],
    traits: traitsOf({ 'port-forwarding': document?.includes('PortForwarding') === true }),
  };
}

/** The record hides the script: `"userData": "<sensitiveDataRemoved>"`, or `"attribute": "userData"` in the older form. */
function startScript({ request }: Call): Details | undefined {
  const set = at(request, 'userData') !== undefined || textAt(request, 'attribute') === 'userData';
  return set
    ? { unknowns: ['what the script does: DescribeInstanceAttribute with Attribute=userData would tell'] }
    : undefined;
}

function profile({ request }: Call): Details {
  return {
    as: firstText(request, ['iamInstanceProfile.arn', 'iamInstanceProfile.name', 'iamInstanceProfile']),
  };
}

/** Ways into machines, past the network or by their start. EC2, Instance Connect and Session Manager after real records. */
export const machineWays: readonly Way[] = [
  {
    service: 'ssm',
    actions: ['SendCommand'],
    kind: 'command',
    change: 'taken',
    type: 'AWS::EC2::Instance',
    word: 'machine',
    name: ['instanceIds', 'targets'],
    did: 'ran commands on',
    doing: 'run commands on',
    read: command,
  },
  {
    service: 'ssm',
    actions: ['CreateAssociation', 'UpdateAssociation', 'RegisterTaskWithMaintenanceWindow'],
    kind: 'scheduled-command',
    change: 'made',
    type: 'AWS::SSM::Association',
    word: 'schedule',
    name: ['associationName', 'associationId', 'windowId', 'instanceId', 'name'],
    did: 'has commands run again and again by',
    doing: 'have commands run again and again by',
    read: command,
  },
  {
    service: 'ssm',
    actions: ['StartAutomationExecution', 'StartChangeRequestExecution'],
    kind: 'command',
    change: 'taken',
    type: 'AWS::SSM::Document',
    word: 'automation',
    name: ['documentName'],
    did: 'started',
    doing: 'start',
    read: automation,
  },
  {
    service: 'ssm',
    actions: ['StartSession', 'ResumeSession'],
    kind: 'session',
    change: 'taken',
    type: 'AWS::EC2::Instance',
    word: 'machine',
    name: ['target', 'sessionId'],
    did: 'opened a shell or tunnel on',
    doing: 'open a shell or tunnel on',
    read: session,
  },
  {
    service: 'ec2-instance-connect',
    actions: ['SendSSHPublicKey'],
    kind: 'ssh-key',
    change: 'taken',
    ...instance,
    did: 'put an SSH key for one minute on',
    doing: 'put an SSH key on',
    read: ({ request }) => ({ as: textAt(request, 'instanceOSUser') }),
  },
  {
    service: 'ec2-instance-connect',
    actions: ['SendSerialConsoleSSHPublicKey'],
    kind: 'serial-console',
    change: 'taken',
    ...instance,
    did: 'put an SSH key, past every network, on the serial console of',
    doing: 'put an SSH key on the serial console of',
    read: ({ request }) => ({
      traits: traitsOf({ 'monitor-only': flagAt(request, 'monitorMode') === true }),
    }),
  },
  {
    service: 'ec2-instance-connect',
    actions: ['OpenTunnel'],
    kind: 'tunnel',
    change: 'taken',
    type: 'AWS::EC2::InstanceConnectEndpoint',
    word: 'endpoint',
    name: ['instanceConnectEndpointId', 'instanceId'],
    did: 'opened a tunnel into the network through',
    doing: 'open a tunnel into the network through',
  },
  {
    service: 'ec2',
    actions: ['CreateInstanceConnectEndpoint'],
    kind: 'tunnel',
    change: 'made',
    type: 'AWS::EC2::Subnet',
    word: 'subnet',
    name: ['subnetId'],
    did: 'made an endpoint for tunnels from anywhere into',
    doing: 'make an endpoint for tunnels into',
  },
  {
    service: 'ec2',
    actions: ['EnableSerialConsoleAccess'],
    kind: 'serial-console',
    change: 'made',
    type: 'AWS::EC2::SerialConsole',
    word: 'account',
    name: [],
    did: 'switched on the serial console, which passes every network, in',
    doing: 'switch on the serial console in',
  },
  {
    service: 'ec2',
    actions: ['ModifyInstanceAttribute'],
    kind: 'start-script',
    change: 'made',
    ...instance,
    did: 'replaced the script that runs as root at the next start of',
    doing: 'replace the script that runs as root at the next start of',
    read: startScript,
  },
  {
    service: 'ec2',
    actions: ['CreateReplaceRootVolumeTask'],
    kind: 'disk',
    change: 'taken',
    ...instance,
    did: 'replaced the root disk of',
    doing: 'replace the root disk of',
    read: ({ request }) => ({ what: [...textsAt(request, 'snapshotId'), ...textsAt(request, 'imageId')] }),
  },
  {
    service: 'ec2',
    actions: ['AttachVolume'],
    kind: 'disk',
    change: 'taken',
    ...instance,
    did: 'attached a disk to',
    doing: 'attach a disk to',
    read: ({ request }) => ({ what: textsAt(request, 'volumeId') }),
  },
  {
    service: 'ec2',
    actions: ['AssociateIamInstanceProfile', 'ReplaceIamInstanceProfileAssociation'],
    kind: 'role',
    change: 'made',
    type: 'AWS::EC2::Instance',
    word: 'instance',
    name: ['instanceId', 'iamInstanceProfileAssociation.instanceId', 'associationId'],
    did: 'gave another role to',
    doing: 'give another role to',
    read: profile,
  },
  {
    service: 'ec2',
    actions: ['ImportKeyPair', 'CreateKeyPair'],
    kind: 'key-pair',
    change: 'made',
    type: 'AWS::EC2::KeyPair',
    word: 'key pair',
    name: ['keyName'],
    did: 'can log in to new machines by',
    doing: 'make',
  },
  {
    service: 'ec2',
    actions: ['GetPasswordData'],
    kind: 'password',
    change: 'taken',
    ...instance,
    did: 'got the encrypted administrator password of',
    doing: 'get the encrypted administrator password of',
  },
  {
    service: 'ec2',
    actions: ['GetConsoleOutput', 'GetConsoleScreenshot'],
    kind: 'screen',
    change: 'taken',
    ...instance,
    did: 'read the console of',
    doing: 'read the console of',
  },
  {
    service: 'lightsail',
    actions: ['GetInstanceAccessDetails', 'DownloadDefaultKeyPair'],
    kind: 'ssh-key',
    change: 'taken',
    type: 'AWS::Lightsail::Instance',
    word: 'Lightsail instance',
    name: ['instanceName'],
    did: 'got keys to log in to',
    doing: 'get keys to log in to',
  },
];
