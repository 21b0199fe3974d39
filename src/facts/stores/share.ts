import { accountOfArn, isAccountId, parseArn } from '../../decode/cloudtrail/arn.ts';
import type { Event } from '../../event/event.ts';
import { callOf, firstText, resourceOf } from '../call.ts';
import type { Call, Resource } from '../call.ts';
import type { Analyser, Audience, Fact } from '../fact.ts';
import { knownAccount } from '../known.ts';
import type { Known } from '../known.ts';
import { listed, quote, spokenAudience } from '../sentence.ts';
import { closedFact, openedFact } from './opening.ts';
import { everybody, shareables } from './share-table.ts';
import type { Shareable } from './share-table.ts';

const byAction: ReadonlyMap<string, Shareable> = new Map(
  shareables.flatMap((one) =>
    one.actions.map((action) => [`${one.service}.amazonaws.com:${action}`, one] as const),
  ),
);

/** With whom a snapshot, machine image, document or the like is shared, or no longer. Fields: exposure.ts. */
export const share: Analyser = {
  name: 'share',
  subjects: ['exposure'],
  actions: [...byAction.keys()],
  analyse,
};

function analyse(event: Event, known: Known): readonly Fact[] {
  const one = byAction.get(`${event.service}:${event.action}`);
  if (one === undefined) return [];
  const call = callOf(event);
  const sharing = one.read(call);
  if (sharing === undefined) return [];
  const name = firstText(call.request, one.name) ?? firstText(call.response, one.name);
  const resource = resourceOf(event, one.type, one.word, name);
  const byAudience = Map.groupBy(sharing.adds, (receiver) => audienceOf(receiver, resource, known));
  // What is lent to the account that owns it changes nothing.
  byAudience.delete('own-account');
  const facts = [...byAudience].map(([audience, receivers]) =>
    factOf(call, one, resource, { audience, receivers }),
  );
  const takes = sharing.clears === true || sharing.removes.length > 0;
  if (takes) facts.push(factOfTaking(call, resource, sharing.removes));
  return facts;
}

function audienceOf(receiver: string, { owner }: Resource, known: Known): Audience {
  if (receiver.toLowerCase() === everybody) return 'any-aws-account';
  const arn = parseArn(receiver);
  const organisation = arn === undefined ? undefined : organisationOf(arn.service, arn.resource);
  if (organisation !== undefined)
    return known.organisations.includes(organisation) ? 'own-organisation' : 'organisation';
  const account = isAccountId(receiver) ? receiver : accountOfArn(receiver);
  if (account === undefined) return 'unknown';
  if (account === owner) return 'own-account';
  return knownAccount(account, known) === undefined ? 'external-account' : 'known-account';
}

/** `arn:aws:organizations::111122223333:ou/o-exampleorg1/ou-ab12-11111111` names the organisation in its middle. */
function organisationOf(service: string, resource: string): string | undefined {
  return service === 'organizations'
    ? /^(?:organization|ou)\/(o-[a-z0-9]{10,32})(?:\/|$)/.exec(resource)?.[1]
    : undefined;
}

interface Receivers {
  readonly audience: Audience;
  readonly receivers: readonly string[];
}

function factOf(call: Call, one: Shareable, resource: Resource, { audience, receivers }: Receivers): Fact {
  const accounts = receivers.map((name) => (isAccountId(name) ? name : accountOfArn(name))).filter(isText);
  const arns = receivers.map((name) => parseArn(name)).filter((arn) => arn !== undefined);
  const organisations = arns.map((arn) => organisationOf(arn.service, arn.resource)).filter(isText);
  const isOutside = audience === 'external-account';
  const who = spokenAudience({
    audience,
    principals: audience === 'any-aws-account' ? ['*'] : receivers,
    accounts: audience === 'external-account' || audience === 'known-account' ? [...new Set(accounts)] : [],
    organisations: [...new Set(organisations)],
  });
  // AWS refuses to share what is encrypted with everybody, so no key can keep them out.
  const unknown = audience === 'any-aws-account' ? undefined : one.unknown;
  return openedFact(call, {
    resource,
    via: 'share',
    audience,
    access: one.access,
    certain: unknown === undefined && audience !== 'unknown',
    principals: audience === 'any-aws-account' ? ['*'] : receivers,
    accounts: isOutside ? [...new Set(accounts)] : [],
    organisations: [...new Set(organisations)],
    said: `${who} can now ${one.lets} ${resource.spoken}`,
    tried: `let ${who} ${one.lets} ${resource.spoken}`,
    unknowns: unknown === undefined ? [] : [unknown],
  });
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}

function factOfTaking(call: Call, resource: Resource, removes: readonly string[]): Fact {
  const from = removes.length === 0 ? 'anybody' : listed(removes.map(spokenReceiver));
  return closedFact(call, resource, 'share', {
    said: `${resource.spoken} is no longer shared with ${from}`,
    tried: `stop sharing ${resource.spoken} with ${from}`,
    unknowns: [
      `whether it is still shared with others, and whether they made copies while it was: copies stay theirs`,
    ],
  });
}

function spokenReceiver(receiver: string): string {
  return receiver.toLowerCase() === everybody ? 'every AWS account' : quote(receiver);
}
