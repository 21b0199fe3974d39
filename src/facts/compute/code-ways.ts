import { at, firstText, flagAt, membersAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import type { Json } from '../../event/json.ts';
import { traitsOf } from './way.ts';
import type { Details, Way } from './way.ts';

/** What of a container's definition reaches the machine under it: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html */
function privilegedTask({ request }: Call): Details | undefined {
  const containers = membersAt(request, 'containerDefinitions');
  const traits = hostTraits(request, containers);
  return traits.length === 0
    ? undefined
    : { traits, as: textAt(request, 'taskRoleArn'), what: imagesOf(containers) };
}

function privilegedJob({ request }: Call): Details | undefined {
  const container = at(request, 'containerProperties');
  const traits = hostTraits(container, container === undefined ? [] : [container]);
  return traits.length === 0
    ? undefined
    : {
        traits,
        as: textAt(container, 'jobRoleArn'),
        what: imagesOf(container === undefined ? [] : [container]),
      };
}

/** Under one of these stands what `hostTraits` looks for. */
const hostKeys = ['privileged', 'pidMode', 'sourcePath'];

function hostTraits(request: Json | undefined, containers: readonly Json[]): readonly string[] {
  const paths = membersAt(request, 'volumes').map((volume) => textAt(volume, 'host.sourcePath') ?? '');
  return traitsOf({
    privileged: containers.some((container) => flagAt(container, 'privileged') === true),
    'host-process': textAt(request, 'pidMode') === 'host',
    'host-files': paths.some((path) => path === '/' || /^\/(?:etc|root|proc|var\/lib)(?:\/|$)/.test(path)),
    'container-engine': paths.some((path) => /(?:docker|containerd|podman)\.sock$/.test(path)),
  });
}

function imagesOf(containers: readonly Json[]): readonly string[] {
  return containers.map((container) => textAt(container, 'image')).filter((image) => image !== undefined);
}

function override({ request }: Call): Details | undefined {
  const containers = membersAt(request, 'overrides.containerOverrides');
  const one = at(request, 'containerOverrides');
  const commands = [...containers, ...(one === undefined ? [] : [one])].filter(
    (item) => at(item, 'command') !== undefined,
  );
  if (commands.length === 0) return undefined;
  return { traits: ['override'], as: firstText(request, ['overrides.taskRoleArn']), count: commands.length };
}

/** What a build runs instead of what its project says. */
const overrides = [
  'buildspecOverride',
  'sourceLocationOverride',
  'imageOverride',
  'serviceRoleOverride',
  'privilegedModeOverride',
];

function build({ request }: Call): Details | undefined {
  const set = overrides.filter((name) => at(request, name) !== undefined);
  if (set.length === 0) return undefined;
  return {
    traits: traitsOf({ override: true, privileged: flagAt(request, 'privilegedModeOverride') === true }),
    what: [...textsAt(request, 'sourceLocationOverride'), ...textsAt(request, 'imageOverride')],
    as: textAt(request, 'serviceRoleOverride'),
  };
}

function project({ request }: Call): Details | undefined {
  const isPrivileged = flagAt(request, 'environment.privilegedMode') === true;
  const source = textAt(request, 'source.location');
  if (!isPrivileged && source === undefined) return undefined;
  return {
    traits: traitsOf({ privileged: isPrivileged }),
    what: source === undefined ? [] : [source],
    as: textAt(request, 'serviceRole'),
  };
}

/** Where a stack's template comes from. Whose a bucket is, its name does not tell. */
function template({ request }: Call): Details | undefined {
  const url = textAt(request, 'templateURL');
  if (url === undefined) return undefined;
  const accounts = textsAt(request, 'accounts').length;
  return {
    what: [url],
    as: firstText(request, ['roleARN', 'administrationRoleARN']),
    count: accounts === 0 ? undefined : accounts,
    traits: traitsOf({ 'unknown-place': !/^https:\/\/[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?\//i.test(url) }),
    unknowns: [
      'whose bucket the template comes from: GetBucketLocation with ExpectedBucketOwner, or HeadBucket, would tell',
    ],
  };
}

function steps({ request }: Call): Details | undefined {
  const paths = [
    ...membersAt(request, 'steps').map((step) => textAt(step, 'hadoopJarStep.jar')),
    ...membersAt(request, 'bootstrapActions').map((action) => textAt(action, 'scriptBootstrapAction.path')),
  ].filter((path) => path !== undefined);
  return paths.length === 0 ? undefined : { what: paths, as: textAt(request, 'jobFlowRole') };
}

/** Ways by which a caller's code runs with somebody else's role. The API references say what the requests hold. */
export const codeWays: readonly Way[] = [
  {
    service: 'ecs',
    actions: ['ExecuteCommand'],
    kind: 'container-command',
    change: 'taken',
    type: 'AWS::ECS::Task',
    word: 'task',
    name: ['task'],
    did: 'ran a command in a container of',
    doing: 'run a command in a container of',
    read: ({ request }) => ({ what: textsAt(request, 'container') }),
  },
  {
    service: 'ecs',
    actions: ['RunTask', 'StartTask'],
    kind: 'container-command',
    change: 'taken',
    type: 'AWS::ECS::TaskDefinition',
    word: 'task definition',
    name: ['taskDefinition'],
    did: 'ran another command than its own in',
    doing: 'run another command than its own in',
    read: override,
    keys: ['command'],
  },
  {
    service: 'ecs',
    actions: ['RegisterTaskDefinition'],
    kind: 'privileged-container',
    change: 'made',
    type: 'AWS::ECS::TaskDefinition',
    word: 'task definition',
    name: ['family'],
    did: 'lets containers take over the machine that they run on, in',
    doing: 'let containers take over the machine that they run on, in',
    read: privilegedTask,
    keys: hostKeys,
  },
  {
    service: 'batch',
    actions: ['RegisterJobDefinition'],
    kind: 'privileged-container',
    change: 'made',
    type: 'AWS::Batch::JobDefinition',
    word: 'job definition',
    name: ['jobDefinitionName'],
    did: 'lets containers take over the machine that they run on, in',
    doing: 'let containers take over the machine that they run on, in',
    read: privilegedJob,
    keys: hostKeys,
  },
  {
    service: 'batch',
    actions: ['SubmitJob'],
    kind: 'container-command',
    change: 'taken',
    type: 'AWS::Batch::JobDefinition',
    word: 'job definition',
    name: ['jobDefinition'],
    did: 'ran another command than its own in',
    doing: 'run another command than its own in',
    read: override,
    keys: ['command'],
  },
  {
    service: 'codebuild',
    actions: ['StartBuild', 'StartBuildBatch'],
    kind: 'build',
    change: 'taken',
    type: 'AWS::CodeBuild::Project',
    word: 'build project',
    name: ['projectName'],
    did: 'ran other steps or sources than its own in',
    doing: 'run other steps or sources than its own in',
    read: build,
    keys: overrides,
  },
  {
    service: 'codebuild',
    actions: ['CreateProject', 'UpdateProject'],
    kind: 'build',
    change: 'made',
    type: 'AWS::CodeBuild::Project',
    word: 'build project',
    name: ['name'],
    did: 'set what is built, or that builds are privileged, in',
    doing: 'set what is built, or that builds are privileged, in',
    read: project,
  },
  {
    service: 'cloudformation',
    actions: ['CreateStack', 'UpdateStack', 'CreateChangeSet', 'CreateStackSet', 'UpdateStackSet'],
    kind: 'template',
    change: 'made',
    type: 'AWS::CloudFormation::Stack',
    word: 'stack',
    name: ['stackName', 'stackSetName'],
    did: 'took the template at an address for',
    doing: 'take the template at an address for',
    read: template,
  },
  {
    service: 'elasticmapreduce',
    actions: ['AddJobFlowSteps', 'RunJobFlow'],
    kind: 'job',
    change: 'taken',
    type: 'AWS::EMR::Cluster',
    word: 'EMR cluster',
    name: ['jobFlowId', 'name'],
    did: 'ran programs on',
    doing: 'run programs on',
    read: steps,
  },
  {
    service: 'glue',
    actions: ['CreateJob', 'UpdateJob'],
    kind: 'job',
    change: 'made',
    type: 'AWS::Glue::Job',
    word: 'Glue job',
    name: ['name', 'jobName'],
    did: 'set the script of',
    doing: 'set the script of',
    read: ({ request }) => ({
      what: ['command.scriptLocation', 'jobUpdate.command.scriptLocation'].flatMap((path) =>
        textsAt(request, path),
      ),
      as: firstText(request, ['role', 'jobUpdate.role']),
    }),
  },
  {
    service: 'glue',
    actions: ['CreateDevEndpoint', 'UpdateDevEndpoint'],
    kind: 'ssh-key',
    change: 'made',
    type: 'AWS::Glue::DevEndpoint',
    word: 'Glue development endpoint',
    name: ['endpointName'],
    did: "can log in, with the endpoint's role, to",
    doing: 'make a way to log in to',
    read: ({ request }) => ({ as: textAt(request, 'roleArn') }),
  },
  {
    service: 'sagemaker',
    actions: [
      'CreatePresignedNotebookInstanceUrl',
      'CreatePresignedDomainUrl',
      'CreatePresignedMlflowTrackingServerUrl',
    ],
    kind: 'notebook',
    change: 'taken',
    type: 'AWS::SageMaker::NotebookInstance',
    word: 'notebook',
    name: ['notebookInstanceName', 'userProfileName', 'domainId', 'trackingServerName'],
    did: "got an address that opens, with the notebook's role,",
    doing: 'get an address that opens',
  },
  {
    service: 'sagemaker',
    actions: [
      'CreateNotebookInstanceLifecycleConfig',
      'UpdateNotebookInstanceLifecycleConfig',
      'CreateStudioLifecycleConfig',
    ],
    kind: 'start-script',
    change: 'made',
    type: 'AWS::SageMaker::NotebookInstanceLifecycleConfig',
    word: 'lifecycle configuration',
    name: ['notebookInstanceLifecycleConfigName', 'studioLifecycleConfigName'],
    did: 'set the script that runs at the start of notebooks with',
    doing: 'set the script that runs at the start of notebooks with',
  },
  {
    service: 'sagemaker',
    actions: ['CreateNotebookInstance'],
    kind: 'notebook',
    change: 'made',
    type: 'AWS::SageMaker::NotebookInstance',
    word: 'notebook',
    name: ['notebookInstanceName'],
    did: 'made, to run code in with its role,',
    doing: 'make',
    read: ({ request }) => ({
      as: textAt(request, 'roleArn'),
      traits: traitsOf({ 'public-network': textAt(request, 'directInternetAccess') !== 'Disabled' }),
    }),
  },
  {
    service: 'autoscaling',
    actions: ['CreateLaunchConfiguration'],
    kind: 'start-script',
    change: 'made',
    type: 'AWS::AutoScaling::LaunchConfiguration',
    word: 'launch configuration',
    name: ['launchConfigurationName'],
    did: 'set the script that runs as root on new machines of',
    doing: 'set the script that runs as root on new machines of',
    read: ({ request }) =>
      at(request, 'userData') === undefined ? undefined : { as: textAt(request, 'iamInstanceProfile') },
  },
  {
    service: 'eks',
    actions: ['AssociateAccessPolicy', 'CreateAccessEntry'],
    kind: 'cluster-access',
    change: 'made',
    type: 'AWS::EKS::Cluster',
    word: 'Kubernetes cluster',
    name: ['name', 'clusterName'],
    did: 'let somebody into',
    doing: 'let somebody into',
    read: ({ request }) => {
      const policy = textAt(request, 'policyArn') ?? '';
      const groups = textsAt(request, 'kubernetesGroups');
      return {
        // The path of a REST call may be written as it was sent: `arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fx`.
        as: decoded(textAt(request, 'principalArn')),
        what: policy === '' ? groups : [policy],
        traits: traitsOf({ admin: /ClusterAdmin/.test(policy) || groups.includes('system:masters') }),
      };
    },
  },
];

function decoded(text: string | undefined): string | undefined {
  if (text?.includes('%') !== true || text.length > 2000) return text;
  return text.replaceAll(/%3A/gi, ':').replaceAll(/%2F/gi, '/');
}
