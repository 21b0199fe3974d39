import type { Event } from '../../event/event.ts';
import { callOf, firstText, resourceOf } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import { listed, quote } from '../sentence.ts';
import { closedFact, openedFact } from './opening.ts';
import { publicSwitches } from './public-switch-table.ts';
import type { PublicSwitch } from './public-switch-table.ts';

const byAction: ReadonlyMap<string, PublicSwitch> = new Map(
  publicSwitches.flatMap((one) =>
    [...one.creates, ...one.changes].map(
      (action) => [`${one.service}.amazonaws.com:${action}`, one] as const,
    ),
  ),
);

/** What a switch that makes a data store or service reachable from the internet was set to. Fields: exposure.ts. */
export const publicSwitch: Analyser = {
  name: 'public-switch',
  subjects: ['exposure'],
  actions: [...byAction.keys()],
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const one = byAction.get(`${event.service}:${event.action}`);
  if (one === undefined) return [];
  const call = callOf(event);
  const reach = one.reach(call);
  if (reach === undefined) return [];
  const isNew = one.creates.includes(event.action);
  const resource = nameOf(call, one);
  const { spoken } = resource;
  switch (reach.to) {
    case 'nobody':
      return isNew ? [] : [closedFact(call, resource, 'switch', closing(one, spoken))];
    case 'public':
      return [
        openedFact(call, {
          resource,
          via: 'switch',
          audience: 'public',
          access: one.access ?? [],
          certain: one.unknown === undefined,
          principals: ['*'],
          said: `${spoken} is ${isNew ? 'made' : 'now'} ${one.state}: ${one.meaning}`,
          tried: `make ${spoken} ${one.state}`,
          unknowns: one.unknown === undefined ? [] : [one.unknown],
        }),
      ];
    case 'network': {
      const ranges = listed(reach.ranges.map(quote));
      return [
        openedFact(call, {
          resource,
          via: 'switch',
          audience: 'network',
          access: one.access ?? [],
          certain: one.unknown === undefined,
          conditions: reach.ranges,
          said: `${spoken} is ${isNew ? 'made' : 'now'} ${one.state} for ${ranges} alone`,
          tried: `make ${spoken} ${one.state} for ${ranges}`,
          unknowns: one.unknown === undefined ? [] : [one.unknown],
        }),
      ];
    }
  }
}

function nameOf(call: Call, one: PublicSwitch): Resource {
  const name = firstText(call.request, one.name) ?? firstText(call.response, one.name);
  const word = typeof one.word === 'string' ? one.word : one.word(call);
  return resourceOf(call.event, one.type, word, name);
}

function closing(one: PublicSwitch, spoken: string): { said: string; tried: string } {
  return {
    said: `${spoken} is not ${one.state} any more`,
    tried: `make ${spoken} not ${one.state} any more`,
  };
}
