import type { Event } from '../../event/event.ts';
import { callOf, failed, firstText, membersAt, resourceOf, textAt, unknownsOf } from '../call.ts';
import type { Call } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import { lossFact } from '../loss.ts';
import { listed, quote } from '../sentence.ts';
import { deletings } from './deletion-table.ts';
import type { Deleting } from './deletion-table.ts';

const byAction: ReadonlyMap<string, Deleting> = new Map(
  deletings.flatMap((one) =>
    one.actions.map((action) => [`${one.service}.amazonaws.com:${action}`, one] as const),
  ),
);

/** What databases, disks, backups and machines are destroyed, and what is left of them. Fields: loss.ts. */
export const deletion: Analyser = {
  name: 'store-deletion',
  subjects: ['loss'],
  actions: [...byAction.keys()],
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const one = byAction.get(`${event.service}:${event.action}`);
  return one === undefined ? [] : [factOf(callOf(event), one)];
}

function factOf(call: Call, one: Deleting): Fact {
  const { event, attempted } = call;
  const several = membersAt(call.request, 'instancesSet')
    .map((item) => textAt(item, 'instanceId'))
    .filter((id) => id !== undefined);
  const name = several[0] ?? firstText(call.request, one.name) ?? firstText(call.response, one.name);
  const resource = resourceOf(event, one.type, one.word, name);
  const spoken =
    several.length > 1 ? `${several.length} ${one.word}s, ${listed(several.map(quote))},` : resource.spoken;
  const wayBack = one.wayBack(call);
  const left = one.left?.[wayBack];
  const verb = several.length > 1 ? 'are' : 'is';
  return lossFact(
    {
      kind: 'deletion',
      change: attempted ? 'unchanged' : event.outcome.result === 'unknown' ? 'unknown' : 'done',
      attempted,
      extent: 'whole',
      parts: [one.part],
      days: undefined,
      date: undefined,
      scope: several.length > 1 ? several : [],
      wayBack,
      resourceType: resource.type,
      resource: resource.id,
      resourceName: resource.name,
    },
    attempted
      ? failed(event, `delete ${spoken}`)
      : `${spoken} ${verb} deleted${left === undefined ? '' : `, ${left}`}`,
    unknownsOf(
      call,
      wayBack === 'unknown'
        ? [
            `what is left to bring ${several.length > 1 ? 'them' : 'it'} back from: snapshots, backups or the recycle bin would`,
          ]
        : [],
    ),
  );
}
