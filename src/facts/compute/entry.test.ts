import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import { isList } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { nothingKnown } from '../known.ts';
import type { Known } from '../known.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { entry } from './entry.ts';

const text = (value: Json | undefined): string =>
  isList(value) ? value.map(String).join('+') : typeof value === 'string' ? value : '';

/** One line for each fact: `kind change name whose as traits`. */
function lines(event: Event, known: Known = nothingKnown): readonly string[] {
  return factsOf(event, known)
    .filter(({ subject }) => subject === 'entry')
    .map(({ fields }) =>
      ['kind', 'change', 'resource_name', 'whose', 'as', 'traits']
        .map((name) => text(fields[name]))
        .filter((part) => part !== '')
        .join(' '),
    );
}

const ssm = (action: string, request: Json, more?: JsonObject): Event => callOf('ssm', action, request, more);
const ec2 = (action: string, request: Json, more?: JsonObject): Event => callOf('ec2', action, request, more);
const lambda = (action: string, request: Json): Event => callOf('lambda', action, request);
const task = (request: JsonObject): Event =>
  callOf('ecs', 'RegisterTaskDefinition', { family: 'web', ...request });
const container = { name: 'c', image: 'nginx' };
const foreignLayer = 'arn:aws:lambda:eu-west-1:444455556666:layer:extension:1';
const ownLayer = 'arn:aws:lambda:eu-west-1:111122223333:layer:lib:1';

describe('a way in', () => {
  it.each<readonly [string, Event, readonly string[]]>([
    [
      'commands on machines',
      ssm('SendCommand', { documentName: 'AWS-RunShellScript', instanceIds: ['i-1', 'i-2'] }),
      ['command taken i-1'],
    ],
    [
      'commands on every machine',
      ssm('SendCommand', {
        documentName: 'AWS-RunShellScript',
        targets: [{ key: 'InstanceIds', values: ['*'] }],
      }),
      ['command taken every-machine'],
    ],
    [
      'commands by a document of strangers',
      ssm('SendCommand', {
        documentName: 'arn:aws:ssm:eu-west-1:444455556666:document/Deploy',
        instanceIds: ['i-1'],
      }),
      ['command taken i-1 external-account'],
    ],
    ['commands that were refused', ssm('SendCommand', null, denied), ['command unchanged']],
    ['a session', ssm('StartSession', { target: 'i-1' }), ['session taken i-1']],
    [
      'a tunnel through a machine',
      ssm('StartSession', { target: 'i-1', documentName: 'AWS-StartPortForwardingSessionToRemoteHost' }),
      ['session taken i-1 port-forwarding'],
    ],
    [
      'commands again and again',
      ssm('CreateAssociation', {
        name: 'AWS-RunShellScript',
        targets: [{ key: 'InstanceIds', values: ['*'] }],
      }),
      ['scheduled-command made AWS-RunShellScript every-machine'],
    ],
    [
      'an automation',
      ssm('StartAutomationExecution', {
        documentName: 'AWS-StopEC2Instance',
        parameters: { AutomationAssumeRole: ['arn:aws:iam::111122223333:role/auto'] },
      }),
      ['command taken AWS-StopEC2Instance arn:aws:iam::111122223333:role/auto'],
    ],
    [
      'an SSH key',
      callOf('ec2-instance-connect', 'SendSSHPublicKey', { instanceId: 'i-1', instanceOSUser: 'ec2-user' }),
      ['ssh-key taken i-1 ec2-user'],
    ],
    [
      'a key for a serial console',
      callOf('ec2-instance-connect', 'SendSerialConsoleSSHPublicKey', {
        instanceId: 'i-1',
        monitorMode: false,
      }),
      ['serial-console taken i-1'],
    ],
    [
      'serial consoles are switched on',
      ec2('EnableSerialConsoleAccess', { EnableSerialConsoleAccessRequest: '' }),
      ['serial-console made 111122223333'],
    ],
    [
      'a start script',
      ec2('ModifyInstanceAttribute', { instanceId: 'i-1', userData: '<sensitiveDataRemoved>' }),
      ['start-script made i-1'],
    ],
    [
      'a start script in the older form',
      ec2('ModifyInstanceAttribute', {
        instanceId: 'i-1',
        attribute: 'userData',
        value: '<sensitiveDataRemoved>',
      }),
      ['start-script made i-1'],
    ],
    [
      'another attribute',
      ec2('ModifyInstanceAttribute', { instanceId: 'i-1', sourceDestCheck: { value: false } }),
      [],
    ],
    [
      'a disk of another machine',
      ec2('AttachVolume', { instanceId: 'i-1', volumeId: 'vol-1' }),
      ['disk taken i-1'],
    ],
    [
      'another role',
      ec2('ReplaceIamInstanceProfileAssociation', {
        ReplaceIamInstanceProfileAssociationRequest: {
          AssociationId: 'iip-assoc-1',
          IamInstanceProfile: { Name: 'admin' },
        },
      }),
      ['role made iip-assoc-1 admin'],
    ],
    ['a key pair from outside', ec2('ImportKeyPair', { keyName: 'mine' }), ['key-pair made mine']],
    ['a Windows password', ec2('GetPasswordData', { instanceId: 'i-1' }), ['password taken i-1']],
    [
      'the code of a function',
      lambda('UpdateFunctionCode20150331v2', {
        functionName: 'arn:aws:lambda:eu-west-1:111122223333:function:charge',
        dryRun: false,
      }),
      ['function-code made charge'],
    ],
    ['a dry run', lambda('UpdateFunctionCode20150331v2', { functionName: 'charge', dryRun: true }), []],
    [
      'a layer of strangers',
      lambda('UpdateFunctionConfiguration20150331v2', {
        functionName: 'charge',
        layers: [ownLayer, foreignLayer],
      }),
      ['function-layer made charge external-account'],
    ],
    [
      'a layer of its own',
      lambda('UpdateFunctionConfiguration20150331v2', { functionName: 'charge', layers: [ownLayer] }),
      ['function-layer made charge own-account'],
    ],
    [
      'only more memory',
      lambda('UpdateFunctionConfiguration20150331v2', {
        functionName: 'charge',
        memorySize: 512,
        environment: {},
      }),
      [],
    ],
    [
      'another role and handler',
      lambda('UpdateFunctionConfiguration20150331v2', {
        functionName: 'charge',
        role: 'arn:aws:iam::111122223333:role/admin',
        handler: 'x.y',
      }),
      ['function-settings made charge arn:aws:iam::111122223333:role/admin role+handler'],
    ],
    [
      'a new function',
      lambda('CreateFunction20150331', { functionName: 'new', role: 'arn:aws:iam::111122223333:role/admin' }),
      ['function-code made new arn:aws:iam::111122223333:role/admin'],
    ],
    [
      'a trigger',
      lambda('CreateEventSourceMapping20150331', {
        functionName: 'new',
        eventSourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/1',
      }),
      ['function-trigger made new own-account'],
    ],
    [
      'a command in a container',
      callOf('ecs', 'ExecuteCommand', {
        cluster: 'shop',
        task: 'arn:aws:ecs:eu-west-1:111122223333:task/shop/abc',
        command: 'HIDDEN_DUE_TO_SECURITY_REASONS',
      }),
      ['container-command taken shop/abc'],
    ],
    [
      'a task with another command',
      callOf('ecs', 'RunTask', {
        taskDefinition: 'web',
        overrides: { containerOverrides: [{ name: 'c', command: ['sh'] }] },
      }),
      ['container-command taken web override'],
    ],
    [
      'a task as it is',
      callOf('ecs', 'RunTask', { taskDefinition: 'web', overrides: { containerOverrides: [] } }),
      [],
    ],
    [
      'a privileged container',
      task({ containerDefinitions: [container, { ...container, privileged: true }] }),
      ['privileged-container made web privileged'],
    ],
    [
      'a container that reaches the engine',
      task({
        containerDefinitions: [container],
        volumes: [{ name: 'v', host: { sourcePath: '/var/run/docker.sock' } }],
      }),
      ['privileged-container made web container-engine'],
    ],
    [
      'a container with the files and processes of its host',
      task({
        containerDefinitions: [container],
        pidMode: 'host',
        volumes: [{ name: 'v', host: { sourcePath: '/' } }],
      }),
      ['privileged-container made web host-process+host-files'],
    ],
    [
      'an ordinary container',
      task({
        containerDefinitions: [{ ...container, privileged: false }],
        volumes: [{ name: 'v', host: {} }],
        networkMode: 'awsvpc',
      }),
      [],
    ],
    [
      'a privileged batch job',
      callOf('batch', 'RegisterJobDefinition', {
        jobDefinitionName: 'j',
        containerProperties: { image: 'x', privileged: true },
      }),
      ['privileged-container made j privileged'],
    ],
    [
      'a build of something else',
      callOf('codebuild', 'StartBuild', {
        projectName: 'site',
        sourceLocationOverride: 'https://github.com/a/b',
        privilegedModeOverride: true,
      }),
      ['build taken site override+privileged'],
    ],
    [
      'a build as it is',
      callOf('codebuild', 'StartBuild', { projectName: 'site', sourceVersion: 'main' }),
      [],
    ],
    [
      'a stack by an address',
      callOf('cloudformation', 'CreateStack', {
        stackName: 's',
        templateURL: 'https://bucket.s3.amazonaws.com/t.yml',
      }),
      ['template made s'],
    ],
    ['a stack by a text', callOf('cloudformation', 'CreateStack', { stackName: 's' }), []],
    [
      'programs on a cluster',
      callOf('elasticmapreduce', 'AddJobFlowSteps', {
        jobFlowId: 'j-1',
        steps: [{ name: 'x', hadoopJarStep: { jar: 's3://b/x.jar' } }],
      }),
      ['job taken j-1'],
    ],
    [
      'a development endpoint',
      callOf('glue', 'CreateDevEndpoint', {
        endpointName: 'd',
        roleArn: 'arn:aws:iam::111122223333:role/glue',
      }),
      ['ssh-key made d arn:aws:iam::111122223333:role/glue'],
    ],
    [
      'a notebook',
      callOf('sagemaker', 'CreatePresignedNotebookInstanceUrl', { notebookInstanceName: 'lab' }),
      ['notebook taken lab'],
    ],
    [
      'Kubernetes administrators',
      callOf('eks', 'AssociateAccessPolicy', {
        name: 'shop',
        policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
        principalArn: 'arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fx',
      }),
      ['cluster-access made shop arn:aws:iam::111122223333:role/x admin'],
    ],
    [
      'Kubernetes readers',
      callOf('eks', 'AssociateAccessPolicy', {
        name: 'shop',
        policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
      }),
      ['cluster-access made shop'],
    ],
    [
      "a database's password",
      callOf('rds', 'ModifyDBInstance', {
        dBInstanceIdentifier: 'billing',
        masterUserPassword: 'HIDDEN_DUE_TO_SECURITY_REASONS',
      }),
      ['master-password made billing'],
    ],
    [
      'a database as large as it likes',
      callOf('rds', 'ModifyDBInstance', { dBInstanceIdentifier: 'billing', allocatedStorage: 100 }),
      [],
    ],
    [
      'a login to Redshift',
      callOf('redshift', 'GetClusterCredentials', { clusterIdentifier: 'lake', dbUser: 'awsuser' }),
      ['database-login taken lake awsuser admin'],
    ],
    [
      'queries by the API',
      callOf('rds', 'ModifyDBCluster', { dBClusterIdentifier: 'orders', enableHttpEndpoint: true }),
      ['data-api made orders'],
    ],
    [
      'no more queries by the API',
      callOf('rds', 'ModifyDBCluster', { dBClusterIdentifier: 'orders', enableHttpEndpoint: false }),
      [],
    ],
  ])('%s', (_name, event, expected) => {
    expect(lines(event)).toEqual(expected);
  });

  it("tells a stranger's document from one of its own, also where nothing else names what it leads into", () => {
    const foreign = ssm('CreateAssociation', { name: 'arn:aws:ssm:eu-west-1:444455556666:document/Deploy' });
    expect(lines(foreign)).toEqual(['scheduled-command made Deploy external-account']);
  });

  it('tells strangers from those who are known', () => {
    const known: Known = { accounts: { '444455556666': { relation: 'trusted' } }, organisations: [] };
    expect(
      lines(lambda('UpdateFunctionConfiguration', { functionName: 'charge', layers: [foreignLayer] }), known),
    ).toEqual(['function-layer made charge known-account']);
  });

  it.each<readonly [string, Event, string]>([
    [
      'a session',
      ssm('StartSession', { target: 'i-1' }),
      'the caller opened a shell or tunnel on machine `i-1`',
    ],
    [
      'a refusal',
      ssm('StartSession', { target: 'i-1' }, denied),
      'tried to open a shell or tunnel on machine `i-1`, but the call failed (`AccessDenied`)',
    ],
    [
      'a layer',
      lambda('UpdateFunctionConfiguration', { functionName: 'charge', layers: [foreignLayer] }),
      `the caller put layers, whose code runs beside its own, into function \`charge\`, with \`${foreignLayer}\` of the outside AWS account 444455556666`,
    ],
    [
      'a new function',
      lambda('CreateFunction20150331', { functionName: 'new', role: 'arn:aws:iam::111122223333:role/admin' }),
      'the caller made function `new`, as `arn:aws:iam::111122223333:role/admin`',
    ],
  ])('is told in a sentence: %s', (_name, event, expected) => {
    expect(factsOf(event).find(({ subject }) => subject === 'entry')?.explanation).toBe(expected);
  });

  it('counts the machines that are named', () => {
    expect(factsOf(ssm('SendCommand', { instanceIds: ['i-1', 'i-2', 'i-3'] }))[0]?.fields['count']).toBe(3);
  });

  it('is read from any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...entry.actions), fc.jsonValue(), (name, request) => {
        const [service = '', action = ''] = name.split(':');
        for (const fact of factsOf(callOf(service.replace('.amazonaws.com', ''), action, request)))
          expect(fact.explanation).not.toBe('');
      }),
    );
  });
});
