import type { Json } from '../../../event/json.ts';
import { ec2, onlyRules, permissionWords } from '../ec2.ts';
import {
  itemsAt,
  reachable,
  reachedAt,
  set,
  setIf,
  tagsOf,
  textAt,
  type AspectChange,
  type Place,
  type Sighting,
} from '../sighting.ts';

/** A group of DescribeSecurityGroups, with all its rules. */
export function groupShown(place: Place, group: Json): readonly Sighting[] {
  const id = textAt(group, 'GroupId');
  if (id === undefined) return [];
  const rules = (path: string, preposition: 'from' | 'to'): AspectChange =>
    onlyRules(itemsAt(group, path).flatMap((permission) => permissionWords(permission, preposition)));
  const name = textAt(group, 'GroupName') ?? id;
  return [
    ec2(place, 'AWS::EC2::SecurityGroup', `security-group/${id}`, id, name, 'shown', {
      'inbound rules': rules('IpPermissions', 'from'),
      'outbound rules': rules('IpPermissionsEgress', 'to'),
      tags: allTags(group),
    }),
  ];
}

/** An instance of DescribeInstances; one that is gone is listed for an hour more. */
export function instanceShown(place: Place, instance: Json): readonly Sighting[] {
  const id = textAt(instance, 'InstanceId');
  const state = textAt(instance, 'State.Name');
  if (id === undefined || state === 'terminated' || state === 'shutting-down') return [];
  return [
    ec2(place, 'AWS::EC2::Instance', `instance/${id}`, id, id, 'shown', {
      image: setIf(textAt(instance, 'ImageId')),
      kind: setIf(textAt(instance, 'InstanceType')),
      profile: set(textAt(instance, 'IamInstanceProfile.Arn')),
      // A stopped instance has given its address back, unless it is an elastic one.
      [reachedAt]: allOf(
        [
          textAt(instance, 'PublicIpAddress'),
          textAt(instance, 'PublicDnsName'),
          ...itemsAt(instance, 'NetworkInterfaces').map((item) => textAt(item, 'Association.PublicIp')),
        ].flatMap((name) => (name === undefined ? [] : [reachable(name)])),
      ),
      tags: allTags(instance),
    }),
  ];
}

/** An elastic address of DescribeAddresses. */
export function addressShown(place: Place, address: Json): readonly Sighting[] {
  const ip = textAt(address, 'PublicIp');
  const id = textAt(address, 'AllocationId') ?? ip;
  if (id === undefined) return [];
  return [
    ec2(place, 'AWS::EC2::EIP', `elastic-ip/${id}`, id, ip ?? id, 'shown', {
      attached: set(textAt(address, 'InstanceId', 'NetworkInterfaceId')),
      [reachedAt]: ip === undefined ? undefined : allOf([reachable(ip)]),
      tags: allTags(address),
    }),
  ];
}

function allTags(thing: Json): AspectChange {
  return allOf(tagsOf(itemsAt(thing, 'Tags')));
}

function allOf(add: readonly string[]): AspectChange {
  return { how: 'members', add: [...new Set(add)], remove: [], all: true };
}
