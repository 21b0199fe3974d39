import type { Event } from '../../event/event.ts';
import { callOf, failed, firstText, resourceOf, unknownsOf } from '../call.ts';
import type { Call } from '../call.ts';
import type { Analyser, Fact } from '../fact.ts';
import type { Known } from '../known.ts';
import { listed, quote } from '../sentence.ts';
import { transferFact } from '../transfer.ts';
import { spokenWhose, whoseAccount } from '../whose.ts';
import type { Whose } from '../whose.ts';
import { copyings } from './copy-table.ts';
import type { Copying, Destination } from './copy-table.ts';

const byAction: ReadonlyMap<string, Copying> = new Map(
  copyings.flatMap((one) =>
    one.actions.map((action) => [`${one.service}.amazonaws.com:${action}`, one] as const),
  ),
);

/** Where copies of databases, disks and machines go. Fields: transfer.ts. */
export const copy: Analyser = {
  name: 'store-copy',
  subjects: ['transfer'],
  actions: [...byAction.keys()],
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const one = byAction.get(`${event.service}:${event.action}`);
  if (one === undefined) return [];
  const call = callOf(event);
  const to = one.to(call);
  return to === undefined ? [] : [factOf(call, one, to, known)];
}

function factOf(call: Call, one: Copying, to: Destination, known: Known): Fact {
  const { event, attempted } = call;
  const name = firstText(call.request, one.source) ?? firstText(call.response, one.source);
  const resource = resourceOf(event, one.type, one.word, name);
  const whose: Whose = to.own === true ? 'own-account' : whoseAccount(to.account, event.account, known);
  const encrypted = one.encrypted?.(call);
  const regions = to.regions ?? [];
  const ending = [
    to.names.length === 0 ? '' : ` ${listed(to.names.map(quote))}`,
    whose === 'own-account'
      ? ''
      : ` ${one.kind === 'block-read' ? '' : spokenWhose(whose, to.account)}`.trimEnd(),
    regions.length === 0 ? '' : ` in ${listed(regions.map(quote))}`,
    encrypted === 'no' ? ', without encryption' : '',
  ].join('');
  return transferFact(
    {
      kind: one.kind,
      change: attempted ? 'unchanged' : event.outcome.result === 'unknown' ? 'unknown' : 'started',
      attempted,
      whose,
      accounts: to.account === undefined || whose === 'own-account' ? [] : [to.account],
      destinations: to.names,
      scope: [],
      givesOwnership: false,
      regions,
      encrypted,
      resourceType: resource.type,
      resource: resource.id,
      resourceName: resource.name,
    },
    attempted
      ? failed(event, `${one.doing} ${resource.spoken}${into(ending)}`)
      : `${resource.spoken} ${one.done}${into(ending)}`,
    unknownsOf(call, unknownOf(one, whose)),
  );
}

function into(ending: string): string {
  return ending === '' || ending.startsWith(',') ? ending : `:${ending}`;
}

function unknownOf(one: Copying, whose: Whose): readonly string[] {
  if (whose !== 'unknown' || one.kind === 'block-read') return [];
  return ['whose bucket it is: its name does not tell; HeadBucket with ExpectedBucketOwner would'];
}
