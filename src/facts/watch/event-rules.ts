import { loose, looseText, looseTexts } from '../loose.ts';
import { quote } from '../sentence.ts';
import { guardAnalyser, guardsOf, nameOf } from './guard.ts';
import type { GuardCall, GuardChange, ReadGuardCall } from './guard.ts';

const rules = guardsOf('event-rule', 'AWS::Events::Rule', ['name', 'rule']);
const buses = guardsOf('event-rule', 'AWS::Events::EventBus', ['name']);
const topics = guardsOf('notification', 'AWS::SNS::Topic', ['topicArn']);
const subscriptions = guardsOf('notification', 'AWS::SNS::Subscription', ['subscriptionArn']);

const disabled: ReadGuardCall = rules.always(
  'removed',
  ['everything'],
  (name) => `the EventBridge rule ${name} is switched off: what it matches goes nowhere`,
);

/** Only functions of this very system count here: any other function may come and go. */
function ownFunction(
  wanted: GuardChange['wanted'],
  lost: string,
  says: (name: string) => string,
): ReadGuardCall {
  return ({ named }) => {
    const name = named('functionName') ?? '';
    if (!/tocsin/i.test(name)) return undefined;
    return {
      kind: 'detector',
      wanted,
      resourceType: 'AWS::Lambda::Function',
      resource: name,
      lost: [lost],
      says: says(quote(nameOf(name))),
    };
  };
}

const throttled = ownFunction(
  'removed',
  'everything',
  (name) => `the function ${name} may not run any more: its concurrency is zero`,
);
const deletedFunction = ownFunction('removed', 'everything', (name) => `the function ${name} is deleted`);

/**
 * What calls do to EventBridge's rules, to SNS topics that tell people, and to the functions of this system. Shapes:
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html
 */
export const eventRules = guardAnalyser('event-rules', {
  events: {
    DisableRule: disabled,
    EnableRule: rules.always('restored', [], (name) => `the EventBridge rule ${name} is on`),
    DeleteRule: rules.always('removed', ['everything'], (name) => `the EventBridge rule ${name} is deleted`),
    PutRule: (call) => (looseText(call.request, 'state') === 'DISABLED' ? disabled(call) : undefined),
    RemoveTargets: (call) => {
      const targets = looseTexts(call.request, 'ids').slice(0, 100);
      return rules.change(
        call,
        'weakened',
        ['targets'],
        (name) =>
          `the EventBridge rule ${name} no longer tells ${targets.length === 1 ? 'one' : targets.length} of its targets`,
      );
    },
    DeleteEventBus: buses.always(
      'removed',
      ['everything'],
      (name) => `the event bus ${name} is deleted with its rules`,
    ),
    DeleteArchive: guardsOf('event-rule', 'AWS::Events::Archive', ['archiveName']).always(
      'weakened',
      ['archive'],
      (name) => `the archive ${name} of events is deleted`,
    ),
  },
  sns: {
    DeleteTopic: topics.always(
      'removed',
      ['everything'],
      (name) => `the topic ${name} is deleted, and all who listened to it hear nothing`,
    ),
    Unsubscribe: subscriptions.always(
      'weakened',
      ['subscription'],
      (name) => `${name} no longer gets what its topic says`,
    ),
    SetSubscriptionAttributes: filtered,
  },
  lambda: {
    DeleteFunction20150331: deletedFunction,
    DeleteFunction: deletedFunction,
    PutFunctionConcurrency20171031: (call) => (isZero(call) ? throttled(call) : undefined),
    PutFunctionConcurrency: (call) => (isZero(call) ? throttled(call) : undefined),
  },
});

function isZero({ request }: GuardCall): boolean {
  return Number(loose(request, 'reservedConcurrentExecutions') ?? Number.NaN) === 0;
}

/** A filter on what a subscriber gets; an empty one lets all through. */
function filtered(call: GuardCall): GuardChange | undefined {
  const value = looseText(call.request, 'attributeValue');
  if (looseText(call.request, 'attributeName') !== 'FilterPolicy' || value === undefined || value === '{}')
    return undefined;
  return subscriptions.change(
    call,
    'unknown',
    ['filtered'],
    (name) => `${name} gets only a part of what its topic says, by a filter`,
  );
}
