import type { Event } from '../../event/event.ts';
import { isJsonObject } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';
import { at, callOf, membersAt, textAt, textsAt } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { quote } from '../sentence.ts';
import { trafficOf } from './permission.ts';
import type { Permission } from './permission.ts';
import { exposuresOfRules } from './rule-exposure.ts';

/** What calls on the firewall of a Lightsail instance let in. Fields: exposure-fields.ts. */
export const lightsailFirewall: Analyser = {
  name: 'lightsail-firewall',
  subjects: ['exposure'],
  actions: ['CloseInstancePublicPorts', 'OpenInstancePublicPorts', 'PutInstancePublicPorts'].map(
    (action) => `lightsail.amazonaws.com:${action}`,
  ),
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const { request } = callOf(event);
  const instance = textAt(request, 'instanceName');
  const ports = [...membersAt(request, 'portInfo'), ...membersAt(request, 'portInfos')];
  return exposuresOfRules({
    event,
    known,
    permissions: ports.flatMap(permissionOf),
    effect: event.action === 'CloseInstancePublicPorts' ? 'closed' : 'opened',
    direction: 'ingress',
    resourceType: 'AWS::Lightsail::Instance',
    resource: instance ?? '',
    spoken: instance === undefined ? 'a Lightsail instance' : `Lightsail instance ${quote(instance)}`,
    behind: ['whether anything listens there: only the instance itself would tell'],
  });
}

// https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_PortInfo.html: where no source is named, everyone is let in.
function permissionOf(item: Json): readonly Permission[] {
  if (!isJsonObject(item)) return [];
  const named = [...textsAt(item, 'cidrs'), ...textsAt(item, 'ipv6Cidrs')];
  const aliases = textsAt(item, 'cidrListAliases');
  return [
    {
      traffic: trafficOf({
        ipProtocol: at(item, 'protocol'),
        fromPort: at(item, 'fromPort'),
        toPort: at(item, 'toPort'),
      }),
      ranges: named.length === 0 && aliases.length === 0 ? ['0.0.0.0/0', '::/0'] : named,
      groups: [],
      prefixLists: aliases,
    },
  ];
}
