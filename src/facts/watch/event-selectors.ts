import type { Json } from '../../event/json.ts';
import { loose, looseList, looseSwitch, looseText, looseTexts } from '../loose.ts';

/** What event selectors let through, said as what they leave out. */
export interface Selected {
  /**
   * `everything`; `management-writes`, `management-reads` (all of them); or some of the writes: `source:kms.amazonaws.com`, `action:PutKeyPolicy`,
   * `actor:<ARN>`, `event-type:AwsServiceEvent`, `other-management-writes` where only certain ones are named.
   */
  readonly lost: readonly string[];
  /** Whether data events of any kind are recorded. */
  readonly recordsData: boolean;
}

const mostSelectors = 50;
const mostLost = 30;

/**
 * What a trail or event data store with these selectors no longer records; undefined where there are no selectors to read.
 * Selectors add to each other: what one leaves out another may keep.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
 */
export function selectedBy(request: Json | undefined): Selected | undefined {
  const advanced = looseList(request, 'advancedEventSelectors').slice(0, mostSelectors);
  if (advanced.length > 0) return ofSelectors(advanced.map(readAdvanced));
  const classic = looseList(request, 'eventSelectors').slice(0, mostSelectors);
  if (classic.length > 0) return ofSelectors(classic.map(readClassic));
  return undefined;
}

/** One condition on a field; all of them hold for what a selector lets through. */
interface Test {
  readonly field: string;
  readonly positive: boolean;
  readonly holds: (value: string) => boolean;
  /** What a negative test names. */
  readonly names: readonly string[];
}

interface Selector {
  readonly management: boolean;
  readonly data: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly tests: readonly Test[];
}

function ofSelectors(selectors: readonly Selector[]): Selected {
  const management = selectors.filter((selector) => selector.management);
  const writing = management.filter((selector) => selector.writes);
  const recordsData = selectors.some((selector) => selector.data);
  if (management.length === 0 && !recordsData) return { lost: ['everything'], recordsData };
  const lost = new Set<string>();
  if (writing.length === 0) lost.add('management-writes');
  else for (const part of partsLost(writing)) lost.add(part);
  if (!management.some((selector) => selector.reads)) lost.add('management-reads');
  return { lost: [...lost].slice(0, mostLost), recordsData };
}

/** What selectors that keep writes leave out of them. */
function partsLost(selectors: readonly Selector[]): readonly string[] {
  const named = new Map<string, readonly [field: string, name: string]>();
  for (const { tests } of selectors) {
    for (const { field, positive, names } of tests) {
      for (const name of positive ? [] : names) named.set(`${field} ${name}`, [field, name]);
    }
  }
  const lost = [...named.values()]
    .filter(([field, name]) => !selectors.some((selector) => keeps(selector, field, name)))
    .map(([field, name]) => `${words.get(field) ?? field}:${name}`);
  if (selectors.every(({ tests }) => tests.some(({ positive }) => positive)))
    lost.push('other-management-writes');
  return lost;
}

/** Whether a selector lets events with this value through, whatever their other fields are (but for the few that it names). */
function keeps({ tests }: Selector, field: string, name: string): boolean {
  return tests.every((test) => (test.field === field ? test.holds(name) : !test.positive));
}

const words: ReadonlyMap<string, string> = new Map([
  ['eventname', 'action'],
  ['eventsource', 'source'],
  ['eventtype', 'event-type'],
  ['useridentity.arn', 'actor'],
]);

function readClassic(selector: Json): Selector {
  const kept = looseText(selector, 'readWriteType') ?? 'All';
  const excluded = looseTexts(selector, 'excludeManagementEventSources');
  return {
    management: looseSwitch(selector, 'includeManagementEvents') ?? true,
    data: looseList(selector, 'dataResources').length > 0,
    reads: kept !== 'WriteOnly',
    writes: kept !== 'ReadOnly',
    tests: excluded.length === 0 ? [] : [testOf('eventsource', 'notEquals', excluded)],
  };
}

function readAdvanced(selector: Json): Selector {
  const tests: Test[] = [];
  let categories: readonly string[] = [];
  let readOnly: readonly string[] = ['true', 'false'];
  for (const fieldSelector of looseList(selector, 'fieldSelectors').slice(0, mostSelectors)) {
    const field = (looseText(fieldSelector, 'field') ?? '').toLowerCase();
    if (field === 'eventcategory') categories = looseTexts(fieldSelector, 'equals');
    else if (field === 'readonly') readOnly = valuesOfReadOnly(fieldSelector);
    else {
      for (const operator of Object.keys(operators)) {
        const values = looseTexts(fieldSelector, operator).slice(0, 500);
        if (values.length > 0) tests.push(testOf(field, operator, values));
      }
    }
  }
  return {
    management: categories.includes('Management'),
    data: categories.some((category) => category !== 'Management'),
    reads: readOnly.includes('true'),
    writes: readOnly.includes('false'),
    tests,
  };
}

/** `equals` or, as nobody forbids it, `notEquals`; values may be booleans. */
function valuesOfReadOnly(fieldSelector: Json): readonly string[] {
  const of = (key: string) =>
    looseList(fieldSelector, key).map((value) => JSON.stringify(value).replaceAll('"', '').toLowerCase());
  if (loose(fieldSelector, 'equals') !== undefined) return of('equals');
  const not = of('notEquals');
  return ['true', 'false'].filter((value) => !not.includes(value));
}

type Compare = (value: string, wanted: string) => boolean;

const operators: Readonly<Record<string, { readonly positive: boolean; readonly compare: Compare }>> = {
  equals: { positive: true, compare: (value, wanted) => value === wanted },
  startsWith: { positive: true, compare: (value, wanted) => value.startsWith(wanted) },
  endsWith: { positive: true, compare: (value, wanted) => value.endsWith(wanted) },
  notEquals: { positive: false, compare: (value, wanted) => value === wanted },
  notStartsWith: { positive: false, compare: (value, wanted) => value.startsWith(wanted) },
  notEndsWith: { positive: false, compare: (value, wanted) => value.endsWith(wanted) },
};

function testOf(field: string, operator: string, values: readonly string[]): Test {
  const { positive = true, compare = () => false } = operators[operator] ?? {};
  return {
    field,
    positive,
    names: values,
    holds: (value) => values.some((wanted) => compare(value, wanted)) === positive,
  };
}
