import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';
import { instanceTypeOf } from './instance-type.ts';
import { launch } from './launch.ts';

/** `kind change count types traits..` */
function line(event: Event): string | undefined {
  const fields = factsOf(event).find(({ subject }) => subject === 'launch')?.fields;
  if (fields === undefined) return undefined;
  const traits = ['accelerated', 'large', 'spot', 'start_script', 'public_address'].filter(
    (name) => fields[name] === true,
  );
  const types = JSON.stringify(fields['types']).replaceAll(/[[\]"]/g, '');
  return [fields['kind'], fields['change'], fields['count'] ?? '-', types, ...traits, fields['refused'] ?? []]
    .flat()
    .map(String)
    .filter((part) => part !== '')
    .join(' ');
}

const run = (request: JsonObject, more?: JsonObject): Event =>
  callOf(
    'ec2',
    'RunInstances',
    { instancesSet: { items: [{ imageId: 'ami-1', minCount: 1, maxCount: 10 }] }, ...request },
    more,
  );

describe('an instance type', () => {
  it.each<readonly [string, boolean, boolean, number]>([
    ['t3.micro', false, false, 1],
    ['m7i.2xlarge', false, false, 8],
    ['c7a.48xlarge', false, true, 192],
    ['p2.xlarge', true, false, 4],
    ['p4d.24xlarge', true, true, 96],
    ['g4dn.xlarge', true, false, 4],
    ['gr6.4xlarge', true, false, 16],
    ['trn1.32xlarge', true, true, 128],
    ['vt1.3xlarge', true, false, 12],
    ['f1.2xlarge', true, false, 8],
    ['u-6tb1.metal', false, true, 64],
    ['u7i-12tb.224xlarge', false, true, 896],
    ['c6i.metal', false, true, 64],
    ['c7i.metal-24xl', false, true, 64],
    ['ml.g5.xlarge', true, false, 4],
    ['ml.t3.medium', false, false, 1],
    ['P3.2XLARGE', true, false, 8],
    ['app_standard_gpu_xlarge_1_0', true, false, 4],
  ])('%s', (name, accelerated, large, processors) => {
    expect(instanceTypeOf(name)).toMatchObject({ accelerated, large, processors });
  });

  it.each(['', 'optimal', 'micro_3_0', 'p4d', '.xlarge', 'p4d.', `p4d.${'9'.repeat(80)}xlarge`])(
    'is none: %s',
    (name) => {
      expect(instanceTypeOf(name)).toBeUndefined();
    },
  );
});

describe('a launch', () => {
  it.each<readonly [string, Event, string | undefined]>([
    [
      'ten instances with accelerators',
      run({ instanceType: 'p2.xlarge' }),
      'instances done 10 p2.xlarge accelerated',
    ],
    [
      'without rights',
      run({ instanceType: 'p2.xlarge' }, { errorCode: 'Client.UnauthorizedOperation' }),
      'instances unchanged 10 p2.xlarge accelerated rights',
    ],
    [
      'past the quota',
      run({ instanceType: 'm5.large' }, { errorCode: 'Client.VcpuLimitExceeded' }),
      'instances unchanged 10 m5.large quota',
    ],
    [
      'from an account that AWS looks into',
      run({ instanceType: 'm5.large' }, { errorCode: 'Client.PendingVerification' }),
      'instances unchanged 10 m5.large verification',
    ],
    [
      'where AWS has no more of them',
      run({ instanceType: 'm5.large' }, { errorCode: 'Server.InsufficientInstanceCapacity' }),
      'instances unchanged 10 m5.large capacity',
    ],
    [
      'with a mistake',
      run({ instanceType: 'm5.large' }, { errorCode: 'Client.InvalidParameterValue' }),
      'instances unchanged 10 m5.large other',
    ],
    [
      'with a script',
      run({ instanceType: 'm5.large', userData: '<sensitiveDataRemoved>' }),
      'instances done 10 m5.large start_script',
    ],
    [
      'a type that stands in an object',
      run({ instanceType: { value: 'p2.xlarge' } }),
      'instances done 10 p2.xlarge accelerated',
    ],
    [
      'a type that only the answer has',
      run(
        {},
        { responseElements: { instancesSet: { items: [{ instanceId: 'i-1', instanceType: 'g5.xlarge' }] } } },
      ),
      'instances done 10 g5.xlarge accelerated',
    ],
    [
      'the request goes before the answer',
      run(
        { instanceType: 'm5.large' },
        { responseElements: { instancesSet: { items: [{ instanceType: 'g5.xlarge' }] } } },
      ),
      'instances done 10 m5.large',
    ],
    [
      'with a public address',
      run({ networkInterfaceSet: { items: [{ deviceIndex: 0, associatePublicIpAddress: true }] } }),
      'instances done 10 public_address',
    ],
    ['at spot price', run({ instanceMarketOptions: { marketType: 'spot' } }), 'instances done 10 spot'],
    [
      'several sets',
      callOf('ec2', 'RunInstances', { instancesSet: { items: [{ maxCount: 2 }, { maxCount: 3 }] } }),
      'instances done 5',
    ],
    [
      'a spot request',
      callOf('ec2', 'RequestSpotInstances', {
        instanceCount: 4,
        launchSpecification: { instanceType: 'c5.18xlarge', userData: '<sensitiveDataRemoved>' },
      }),
      'spot done 4 c5.18xlarge large spot start_script',
    ],
    [
      'a fleet in its own object',
      callOf('ec2', 'RequestSpotFleet', {
        RequestSpotFleetRequest: {
          SpotFleetRequestConfig: {
            TargetCapacity: 50,
            LaunchSpecifications: [{ InstanceType: 'g4dn.xlarge' }, { InstanceType: 'p3.2xlarge' }],
          },
        },
      }),
      'fleet done 50 g4dn.xlarge,p3.2xlarge accelerated spot',
    ],
    [
      'a fleet with overrides under a tag',
      callOf('ec2', 'CreateFleet', {
        CreateFleetRequest: {
          TargetCapacitySpecification: { TotalTargetCapacity: 20 },
          LaunchTemplateConfigs: { tag: 1, Overrides: [{ tag: 1, InstanceType: 'p4d.24xlarge' }] },
        },
      }),
      'fleet done 20 p4d.24xlarge accelerated large',
    ],
    [
      'a launch template',
      callOf('ec2', 'CreateLaunchTemplate', {
        CreateLaunchTemplateRequest: {
          LaunchTemplateName: 't',
          LaunchTemplateData: {
            ImageId: 'ami-1',
            InstanceType: 't2.micro',
            UserData: '<sensitiveDataRemoved>',
          },
        },
      }),
      'template done - t2.micro start_script',
    ],
    [
      'an instance grows',
      callOf('ec2', 'ModifyInstanceAttribute', { instanceId: 'i-1', instanceType: { value: 'p3.8xlarge' } }),
      'resize done - p3.8xlarge accelerated',
    ],
    [
      'another attribute',
      callOf('ec2', 'ModifyInstanceAttribute', { instanceId: 'i-1', disableApiTermination: { value: true } }),
      undefined,
    ],
    [
      'a scaling group',
      callOf('autoscaling', 'UpdateAutoScalingGroup', { autoScalingGroupName: 'g', desiredCapacity: 40 }),
      'group done 40',
    ],
    [
      'a scaling group of the same size',
      callOf('autoscaling', 'UpdateAutoScalingGroup', {
        autoScalingGroupName: 'g',
        healthCheckGracePeriod: 300,
      }),
      undefined,
    ],
    [
      'many tasks',
      callOf('ecs', 'CreateService', { serviceName: 's', desiredCount: 100, launchType: 'FARGATE' }),
      'containers done 100',
    ],
    [
      'nodes',
      callOf('eks', 'CreateNodegroup', { instanceTypes: ['g5.xlarge'], scalingConfig: { desiredSize: 3 } }),
      'group done 3 g5.xlarge accelerated',
    ],
    [
      'a batch environment',
      callOf('batch', 'CreateComputeEnvironment', { computeResources: { instanceTypes: ['optimal', 'p3'] } }),
      'group done - optimal,p3',
    ],
    [
      'a training job',
      callOf('sagemaker', 'CreateTrainingJob', {
        resourceConfig: { instanceType: 'ml.p4d.24xlarge', instanceCount: 2 },
      }),
      'job done 2 ml.p4d.24xlarge accelerated large',
    ],
    [
      'models for an endpoint',
      callOf('sagemaker', 'CreateEndpointConfig', {
        productionVariants: [
          { instanceType: 'ml.g5.xlarge', initialInstanceCount: 2 },
          { instanceType: 'ml.m5.large', initialInstanceCount: 1 },
        ],
      }),
      'service done 3 ml.g5.xlarge,ml.m5.large accelerated',
    ],
    [
      'Lightsail instances',
      callOf('lightsail', 'CreateInstances', { instanceNames: ['a', 'b', 'c'], bundleId: '2xlarge_3_0' }),
      'instances done 3 2xlarge_3_0',
    ],
    [
      'a Lightsail call whose request is hidden',
      callOf('lightsail', 'CreateInstances', null, denied),
      'instances unchanged - rights',
    ],
    [
      'an EMR cluster',
      callOf('elasticmapreduce', 'RunJobFlow', {
        instances: {
          instanceGroups: [
            { instanceType: 'm5.xlarge', instanceCount: 1 },
            { instanceType: 'r5.24xlarge', instanceCount: 9 },
          ],
        },
      }),
      'service done 10 m5.xlarge,r5.24xlarge large',
    ],
  ])('%s', (_name, event, expected) => {
    expect(line(event)).toBe(expected);
  });

  it.each<readonly [string, Event, string]>([
    [
      'many',
      run({ instanceType: 'p2.xlarge', userData: 'x' }),
      'the caller asked for 10 instances of type `p2.xlarge` in `eu-west-1` (with accelerators, with a start script)',
    ],
    [
      'refused',
      run({ instanceType: 'p2.xlarge' }, { errorCode: 'Client.VcpuLimitExceeded' }),
      'tried to get 10 instances of type `p2.xlarge` in `eu-west-1` (with accelerators), but the call failed (`Client.VcpuLimitExceeded`)',
    ],
    [
      'resized',
      callOf('ec2', 'ModifyInstanceAttribute', { instanceId: 'i-1', instanceType: { value: 'm5.large' } }),
      'the caller asked for a change of `i-1` to type `m5.large` in `eu-west-1`',
    ],
  ])('is told in a sentence: %s', (_name, event, expected) => {
    expect(factsOf(event).find(({ subject }) => subject === 'launch')?.explanation).toBe(expected);
  });

  it('counts processors by the smallest type, so that it never says too much', () => {
    const event = callOf('ec2', 'RequestSpotFleet', {
      spotFleetRequestConfig: {
        targetCapacity: 10,
        launchSpecifications: [{ instanceType: 'c5.large' }, { instanceType: 'c5.9xlarge' }],
      },
    });
    expect(factsOf(event)[0]?.fields['processors']).toBe(20);
  });

  it('is found in bounded time in a request without end', () => {
    let deep: Json = { instanceType: 'p3.2xlarge' };
    for (let depth = 0; depth < 200; depth += 1) deep = { deeper: deep };
    const wide = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`key${index}`, { instanceType: `m${index}.large` }]),
    );
    expect(line(run({ deep }))).toBe('instances done 10');
    expect(factsOf(run({ wide }))[0]?.fields['types']).toHaveLength(20);
  });

  it('is read from any JSON without throwing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...launch.actions),
        fc.jsonValue(),
        fc.jsonValue(),
        (name, request, responseElements) => {
          const [service = '', action = ''] = name.split(':');
          for (const fact of factsOf(
            callOf(service.replace('.amazonaws.com', ''), action, request, { responseElements }),
          ))
            expect(fact.explanation).not.toBe('');
        },
      ),
    );
  });
});
