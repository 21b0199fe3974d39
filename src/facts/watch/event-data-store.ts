import { looseSwitch, looseText } from '../loose.ts';
import { listed, quote } from '../sentence.ts';
import { selectedBy } from './event-selectors.ts';
import { guardAnalyser, nameOf } from './guard.ts';
import type { GuardCall, GuardChange } from './guard.ts';
import { spokenLoss } from './trail.ts';

/** AWS keeps the data of a store for a year or seven, as its price is chosen; what is shorter than a quarter is short for finding an intruder. */
const shortRetentionDays = 90;

/** What CloudTrail Lake calls do to event data stores and to the channels that bring events from elsewhere. */
export const eventDataStore = guardAnalyser('event-data-store', {
  cloudtrail: {
    DeleteEventDataStore: (call) =>
      ofStore(
        call,
        'removed',
        ['everything'],
        (name) => `the event data store ${name} is deleted, and after seven days what it held`,
      ),
    StopEventDataStoreIngestion: (call) =>
      ofStore(
        call,
        'removed',
        ['new-events'],
        (name) => `the event data store ${name} takes in nothing any more`,
      ),
    StartEventDataStoreIngestion: (call) =>
      ofStore(call, 'restored', [], (name) => `the event data store ${name} takes in events`),
    RestoreEventDataStore: (call) =>
      ofStore(call, 'restored', [], (name) => `the event data store ${name} is back from its deletion`),
    UpdateEventDataStore: updated,
    DeleteChannel: ({ named }) => ({
      kind: 'event-data-store',
      wanted: 'weakened',
      resourceType: 'AWS::CloudTrail::Channel',
      resource: named('channel') ?? '',
      lost: ['channel'],
      says: `the channel ${quote(nameOf(named('channel') ?? ''))}, which brought events from elsewhere, is deleted`,
    }),
  },
});

function ofStore(
  { named }: GuardCall,
  wanted: GuardChange['wanted'],
  lost: readonly string[],
  says: (name: string) => string,
): GuardChange {
  const resource = named('eventDataStore', 'eventDataStoreArn') ?? '';
  return {
    kind: 'event-data-store',
    wanted,
    resourceType: 'AWS::CloudTrail::EventDataStore',
    resource,
    lost,
    says: says(quote(nameOf(resource))),
  };
}

function updated(call: GuardCall): GuardChange | undefined {
  const { request } = call;
  const lost: string[] = [];
  const said: string[] = [];
  const lose = (what: string, says: string) => {
    lost.push(what);
    said.push(says);
  };
  const days = Number(looseText(request, 'retentionPeriod') ?? Number.NaN);
  if (days < shortRetentionDays) lose('retention', `keeps events for ${days} days only`);
  if (looseSwitch(request, 'terminationProtectionEnabled') === false)
    lose('termination-protection', 'can be deleted by one call, its protection being off');
  if (looseSwitch(request, 'multiRegionEnabled') === false) lose('every-region', 'takes in one region alone');
  if (looseSwitch(request, 'organizationEnabled') === false)
    lose('every-account', 'no longer takes in the other accounts of the organisation');
  const left = selectedBy(request)?.lost ?? [];
  if (left.length > 0) {
    lost.push(...left);
    said.push(
      left.includes('everything')
        ? 'takes in nothing any more'
        : `no longer takes in ${listed(left.map(spokenLoss))}`,
    );
  }
  if (lost.length === 0) return undefined;
  return ofStore(call, 'weakened', lost, (name) => `the event data store ${name} ${listed(said)}`);
}
