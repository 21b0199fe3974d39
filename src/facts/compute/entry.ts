import { accountOfArn } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { callOf, failed, firstText, resourceOf, unknownsOf } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import type { Analyser, Fact, Sign } from '../fact.ts';
import type { Known } from '../known.ts';
import { listed, quote } from '../sentence.ts';
import { spokenWhose, whoseAccount, whoseByDistance } from '../whose.ts';
import type { Whose } from '../whose.ts';
import { codeWays } from './code-ways.ts';
import { databaseWays } from './database-ways.ts';
import { entryFact } from './entry-fact.ts';
import { functionWays } from './function-ways.ts';
import { machineWays } from './machine-ways.ts';
import { noDetails } from './way.ts';
import type { Details, Way } from './way.ts';

const ways: ReadonlyMap<string, readonly Way[]> = indexOf([
  ...machineWays,
  ...functionWays,
  ...codeWays,
  ...databaseWays,
]);

function indexOf(all: readonly Way[]): ReadonlyMap<string, readonly Way[]> {
  const index = new Map<string, readonly Way[]>();
  for (const way of all) {
    for (const action of way.actions) {
      const key = `${way.service}.amazonaws.com:${action}`;
      index.set(key, [...(index.get(key) ?? []), way]);
    }
  }
  return index;
}

/** What ways into machines, databases and running code a call takes or makes. Fields: entry-fact.ts. */
export const entry: Analyser = {
  name: 'entry',
  subjects: ['entry'],
  actions: [...ways.keys()],
  signs: signsOf(ways),
  analyse,
};

function signsOf(all: ReadonlyMap<string, readonly Way[]>): ReadonlyMap<string, readonly Sign[]> {
  const signs = new Map<string, readonly Sign[]>();
  for (const [action, of] of all) {
    if (of.every(({ keys }) => keys !== undefined))
      signs.set(
        action,
        of.flatMap(({ keys = [] }) => keys.map((key) => ({ key }))),
      );
  }
  return signs;
}

function analyse(event: Event, known: Known): readonly Fact[] {
  const call = callOf(event);
  return (ways.get(`${event.service}:${event.action}`) ?? []).flatMap((way) => {
    const details = way.read === undefined ? noDetails : way.read(call);
    return details === undefined ? [] : [factOf(call, way, details, known)];
  });
}

function factOf(call: Call, way: Way, details: Details, known: Known): Fact {
  const { event, attempted } = call;
  const { what = [], traits = [], as } = details;
  const name = firstText(call.request, way.name) ?? firstText(call.response, way.name);
  const resource = placeOf(call, way, name);
  const owners = what.map((one) => accountOfArn(one)).filter((account) => account !== undefined);
  const whose = whoseOf(owners, event.account, known);
  const accounts = [
    ...new Set(
      owners.filter((account) => whoseAccount(account, event.account, known) === 'external-account'),
    ),
  ];
  const ending = endingOf(what, whose, accounts, details);
  return entryFact(
    {
      kind: way.kind,
      change: attempted ? 'unchanged' : event.outcome.result === 'unknown' ? 'unknown' : way.change,
      attempted,
      resourceType: resource.type,
      resource: resource.id,
      resourceName: resource.name,
      count: details.count,
      what,
      whose,
      accounts,
      as,
      traits,
    },
    attempted
      ? failed(event, `${way.doing} ${resource.spoken}${ending}`)
      : `the caller ${way.did} ${resource.spoken}${ending}`,
    unknownsOf(call, details.unknowns ?? []),
  );
}

function placeOf({ event }: Call, way: Way, name: string | undefined): Resource {
  if (way.name.length > 0) return resourceOf(event, way.type, way.word, name);
  const account = event.account ?? '';
  const where = event.region === undefined ? '' : ` in ${quote(event.region)}`;
  return {
    type: way.type,
    name: account,
    id: account,
    owner: event.account,
    spoken: `account ${quote(account)}${where}`,
  };
}

/** Whose the things are that are put in; the farthest of several. Undefined where no name tells an account. */
function whoseOf(owners: readonly string[], own: string | undefined, known: Known): Whose | undefined {
  const all = new Set(owners.map((account) => whoseAccount(account, own, known)));
  return whoseByDistance.find((one) => all.has(one));
}

function endingOf(
  what: readonly string[],
  whose: Whose | undefined,
  accounts: readonly string[],
  { as, traits = [] }: Details,
): string {
  const things = what.length === 0 ? '' : `, with ${listed(what.map(quote))}`;
  const owner =
    whose === 'external-account' || whose === 'known-account' ? ` ${spokenWhose(whose, accounts[0])}` : '';
  const login = as === undefined ? '' : `, as ${quote(as)}`;
  return `${things}${owner}${login}${traits.length === 0 ? '' : ` (${traits.join(', ')})`}`;
}
