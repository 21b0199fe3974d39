import type { Launch } from './launch-fact.ts';

/** A call that asks for computing power. */
export interface LaunchCall {
  readonly service: string;
  readonly action: string;
  readonly kind: Launch['kind'];
  /** What is started, for a sentence: "instance". */
  readonly word: string;
  /** Where the number stands; the first that is there, or the sum where a path goes through a list. One, where undefined. */
  readonly count?: readonly string[] | undefined;
  /** True where the call says something only if it names an instance type: it has other uses too. */
  readonly onlyWithType?: boolean | undefined;
}

function rows(
  service: string,
  ...calls: readonly (readonly [
    action: string,
    kind: Launch['kind'],
    word: string,
    count?: readonly string[],
  ])[]
): readonly LaunchCall[] {
  return calls.map(([action, kind, word, count]) => ({ service, action, kind, word, count }));
}

/**
 * Calls by which miners and others run machines at somebody's cost. RunInstances after real records, the rest after the API references;
 * EC2's newer calls stand in an object of their own, which the reader takes off.
 */
export const launchCalls: readonly LaunchCall[] = [
  ...rows(
    'ec2',
    ['RunInstances', 'instances', 'instance', ['instancesSet.maxCount']],
    ['RequestSpotInstances', 'spot', 'spot instance', ['instanceCount']],
    ['RequestSpotFleet', 'fleet', 'spot instance', ['spotFleetRequestConfig.targetCapacity']],
    ['ModifySpotFleetRequest', 'fleet', 'spot instance', ['targetCapacity']],
    ['CreateFleet', 'fleet', 'instance', ['targetCapacitySpecification.totalTargetCapacity']],
    ['ModifyFleet', 'fleet', 'instance', ['targetCapacitySpecification.totalTargetCapacity']],
    ['CreateLaunchTemplate', 'template', 'launch template', []],
    ['CreateLaunchTemplateVersion', 'template', 'version of a launch template', []],
    ['CreateCapacityReservation', 'fleet', 'reserved instance', ['instanceCount']],
    ['AllocateHosts', 'fleet', 'dedicated host', ['quantity']],
  ),
  { service: 'ec2', action: 'ModifyInstanceAttribute', kind: 'resize', word: 'instance', onlyWithType: true },
  ...rows(
    'autoscaling',
    ['CreateLaunchConfiguration', 'template', 'launch configuration', []],
    ['CreateAutoScalingGroup', 'group', 'instance', ['desiredCapacity', 'maxSize']],
    ['UpdateAutoScalingGroup', 'group', 'instance', ['desiredCapacity', 'maxSize']],
    ['SetDesiredCapacity', 'group', 'instance', ['desiredCapacity']],
  ),
  ...rows(
    'ecs',
    ['CreateCluster', 'service', 'container cluster', []],
    ['CreateService', 'containers', 'task', ['desiredCount']],
    ['UpdateService', 'containers', 'task', ['desiredCount']],
    ['RunTask', 'containers', 'task', ['count']],
  ),
  ...rows(
    'eks',
    ['CreateNodegroup', 'group', 'cluster node', ['scalingConfig.desiredSize', 'scalingConfig.maxSize']],
    [
      'UpdateNodegroupConfig',
      'group',
      'cluster node',
      ['scalingConfig.desiredSize', 'scalingConfig.maxSize'],
    ],
  ),
  ...rows(
    'batch',
    ['CreateComputeEnvironment', 'group', 'batch environment', []],
    ['UpdateComputeEnvironment', 'group', 'batch environment', []],
    ['SubmitJob', 'job', 'batch job', ['arrayProperties.size']],
  ),
  ...rows(
    'elasticmapreduce',
    [
      'RunJobFlow',
      'service',
      'cluster instance',
      ['instances.instanceCount', 'instances.instanceGroups.instanceCount'],
    ],
    ['AddInstanceGroups', 'service', 'cluster instance', ['instanceGroups.instanceCount']],
  ),
  ...rows(
    'sagemaker',
    ['CreateNotebookInstance', 'service', 'notebook', []],
    ['CreateTrainingJob', 'job', 'training instance', ['resourceConfig.instanceCount']],
    [
      'CreateProcessingJob',
      'job',
      'processing instance',
      ['processingResources.clusterConfig.instanceCount'],
    ],
    ['CreateTransformJob', 'job', 'transform instance', ['transformResources.instanceCount']],
    ['CreateEndpointConfig', 'service', 'model instance', ['productionVariants.initialInstanceCount']],
    ['CreateCluster', 'service', 'cluster instance', ['instanceGroups.instanceCount']],
  ),
  ...rows(
    'lightsail',
    ['CreateInstances', 'instances', 'Lightsail instance', ['instanceNames']],
    ['CreateContainerService', 'containers', 'Lightsail container', ['scale']],
  ),
  ...rows('gamelift', ['CreateFleet', 'fleet', 'game server fleet', []]),
  ...rows('cloud9', ['CreateEnvironmentEC2', 'service', 'development machine', []]),
  ...rows('workspaces', ['CreateWorkspaces', 'service', 'WorkSpace', ['workspaces']]),
  ...rows('bedrock', ['CreateProvisionedModelThroughput', 'service', 'model unit', ['modelUnits']]),
];
