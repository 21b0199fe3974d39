import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { callOf } from '../testing/call.ts';
import { denied } from '../testing/cloudtrail.ts';

function protection(action: string, request: Json, more = {}) {
  return factsOf(callOf('cloudtrail', action, request, more)).filter(
    ({ subject }) => subject === 'protection',
  );
}

const advanced = (...selectors: Json[][]): Json => ({
  trailName: 'org',
  advancedEventSelectors: selectors.map((fieldSelectors) => ({ name: 'x', fieldSelectors })),
});
const management: Json = { field: 'eventCategory', equals: ['Management'] };
const data: Json = { field: 'eventCategory', equals: ['Data'] };
const only = (readOnly: string): Json => ({ field: 'readOnly', equals: [readOnly] });
const not = (field: string, ...values: string[]): Json => ({ field, notEquals: values });
const is = (field: string, ...values: string[]): Json => ({ field, equals: values });
const classic = (...eventSelectors: Json[]): Json => ({ trailName: 'org', eventSelectors });

describe('event selectors', () => {
  const cases: readonly (readonly [name: string, request: Json, change: string, lost: readonly string[]])[] =
    [
      [
        'of the ordinary kind lose nothing',
        classic({ includeManagementEvents: true, readWriteType: 'All' }),
        'restored',
        [],
      ],
      ['that say nothing mean all of the management events', classic({}), 'restored', []],
      [
        'without management events and without data record nothing',
        classic({ includeManagementEvents: false, readWriteType: 'All', dataResources: [] }),
        'removed',
        ['everything'],
      ],
      [
        'for data alone lose the management events',
        classic({
          includeManagementEvents: false,
          dataResources: [{ type: 'AWS::S3::Object', values: ['arn:aws:s3'] }],
        }),
        'weakened',
        ['management-writes', 'management-reads'],
      ],
      [
        'that keep reads lose writes',
        classic({ readWriteType: 'ReadOnly' }),
        'weakened',
        ['management-writes'],
      ],
      [
        'that keep writes lose reads',
        classic({ readWriteType: 'WriteOnly' }),
        'weakened',
        ['management-reads'],
      ],
      [
        'add to each other',
        classic({ readWriteType: 'ReadOnly' }, { readWriteType: 'WriteOnly', includeManagementEvents: true }),
        'restored',
        [],
      ],
      [
        'that exclude sources say which',
        classic({ excludeManagementEventSources: ['kms.amazonaws.com', 'rdsdata.amazonaws.com'] }),
        'weakened',
        ['source:kms.amazonaws.com', 'source:rdsdata.amazonaws.com'],
      ],
      [
        'that exclude what another selector keeps lose nothing',
        classic({ excludeManagementEventSources: ['kms.amazonaws.com'] }, { readWriteType: 'All' }),
        'restored',
        [],
      ],
      ['of the advanced kind for all management events lose nothing', advanced([management]), 'restored', []],
      [
        'of the advanced kind for reads alone lose writes',
        advanced([management, only('true')]),
        'weakened',
        ['management-writes'],
      ],
      [
        'of the advanced kind for reads and for writes lose nothing together',
        advanced([management, only('true')], [management, only('false')]),
        'restored',
        [],
      ],
      [
        'of the advanced kind for data alone lose the management events',
        advanced([data, is('resources.type', 'AWS::S3::Object')]),
        'weakened',
        ['management-writes', 'management-reads'],
      ],
      [
        'of the advanced kind can leave out a source',
        advanced([management, not('eventSource', 'kms.amazonaws.com')]),
        'weakened',
        ['source:kms.amazonaws.com'],
      ],
      [
        'of the advanced kind can leave out an action',
        advanced([management, not('eventName', 'CreateAccessKey')]),
        'weakened',
        ['action:CreateAccessKey'],
      ],
      [
        'of the advanced kind can leave out a person',
        advanced([
          management,
          { field: 'userIdentity.arn', notStartsWith: ['arn:aws:sts::111122223333:assumed-role/ops'] },
        ]),
        'weakened',
        ['actor:arn:aws:sts::111122223333:assumed-role/ops'],
      ],
      [
        'that name the actions to keep lose the others',
        advanced([management, is('eventName', 'DescribeTrails')]),
        'weakened',
        ['other-management-writes'],
      ],
      [
        'keep in one what another leaves out',
        advanced(
          [management, not('eventSource', 'kms.amazonaws.com')],
          [management, is('eventSource', 'kms.amazonaws.com')],
        ),
        'restored',
        [],
      ],
      [
        'do not keep in one what another leaves out where it keeps something else',
        advanced(
          [management, not('eventSource', 'kms.amazonaws.com')],
          [management, is('eventSource', 's3.amazonaws.com')],
        ),
        'weakened',
        ['source:kms.amazonaws.com'],
      ],
      ['that cannot be read say so', { trailName: 'org' }, 'unknown', []],
    ];
  it.each(cases)('%s', (_name, request, change, lost) => {
    const [fact] = protection('PutEventSelectors', request);
    expect(fact?.fields).toMatchObject({ kind: 'trail', change, lost, resource_name: 'org' });
  });

  it('say in words what is not recorded any more', () => {
    const [fact] = protection('PutEventSelectors', classic({ readWriteType: 'ReadOnly' }));
    expect(fact?.explanation).toBe(
      'the trail `org` no longer records changes (management events that write)',
    );
  });
});

describe('a trail', () => {
  const cases: readonly (readonly [
    name: string,
    action: string,
    request: Json,
    change: string,
    lost: readonly string[],
  ])[] = [
    ['is stopped', 'StopLogging', { name: 'org' }, 'removed', ['everything']],
    ['is deleted', 'DeleteTrail', { name: 'org' }, 'removed', ['everything']],
    ['is started', 'StartLogging', { name: 'org' }, 'restored', []],
    [
      'records one region',
      'UpdateTrail',
      { name: 'org', isMultiRegionTrail: false },
      'weakened',
      ['every-region'],
    ],
    [
      'loses the signatures of its files and its key',
      'UpdateTrail',
      { name: 'org', enableLogFileValidation: false, kmsKeyId: '' },
      'weakened',
      ['log-file-validation', 'encryption-key'],
    ],
    [
      'gets the key of a stranger',
      'UpdateTrail',
      { name: 'org', kmsKeyId: 'arn:aws:kms:eu-west-1:444455556666:key/0b9dd9a8' },
      'weakened',
      ['foreign-key'],
    ],
    [
      'delivers elsewhere',
      'UpdateTrail',
      { name: 'org', s3BucketName: 'other' },
      'unknown',
      ['same-destination'],
    ],
    [
      'no longer tells of its insights',
      'PutInsightSelectors',
      { trailName: 'org', insightSelectors: [] },
      'weakened',
      ['insights'],
    ],
  ];
  it.each(cases)('%s', (_name, action, request, change, lost) => {
    const [fact] = protection(action, request);
    expect(fact?.fields).toMatchObject({
      kind: 'trail',
      change,
      lost,
      resource_name: 'org',
      attempted: false,
    });
    expect(fact?.explanation).toContain('`org`');
  });

  it.each([
    ['gets its own key', { name: 'org', kmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/0b9dd9a8' }],
    ['is switched to every region', { name: 'org', isMultiRegionTrail: true }],
    ['is named and nothing else', { name: 'org' }],
  ])('%s, which takes nothing away', (_name, request) => {
    expect(protection('UpdateTrail', request)).toEqual([]);
  });

  it('that could not be stopped is told from one that was', () => {
    const [fact] = protection('StopLogging', { name: 'org' }, denied);
    expect(fact?.fields).toMatchObject({ change: 'unchanged', wanted: 'removed', attempted: true });
    expect(fact?.unknowns).toEqual([]);
  });

  it('is named by the last part of its ARN', () => {
    const name = 'arn:aws:cloudtrail:us-west-2:123456789012:trail/example-trail';
    expect(protection('StopLogging', { name })[0]?.fields).toMatchObject({
      resource: name,
      resource_name: 'example-trail',
    });
  });
});

describe('an event data store', () => {
  const cases: readonly (readonly [
    name: string,
    action: string,
    request: Json,
    change: string,
    lost: readonly string[],
  ])[] = [
    ['is deleted', 'DeleteEventDataStore', {}, 'removed', ['everything']],
    ['stops taking in', 'StopEventDataStoreIngestion', {}, 'removed', ['new-events']],
    [
      'is protected no more',
      'UpdateEventDataStore',
      { terminationProtectionEnabled: false },
      'weakened',
      ['termination-protection'],
    ],
    ['keeps events a week', 'UpdateEventDataStore', { retentionPeriod: 7 }, 'weakened', ['retention']],
    [
      'takes in reads alone',
      'UpdateEventDataStore',
      { advancedEventSelectors: [{ fieldSelectors: [management, only('true')] }] },
      'weakened',
      ['management-writes'],
    ],
  ];
  it.each(cases)('%s', (_name, action, request, change, lost) => {
    const [fact] = protection(action, {
      eventDataStore: 'arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/EXAMPLE-f852',
      ...(request as object),
    });
    expect(fact?.fields).toMatchObject({
      kind: 'event-data-store',
      change,
      lost,
      resource_name: 'EXAMPLE-f852',
    });
  });

  it('that keeps events for seven years is no loss', () => {
    expect(protection('UpdateEventDataStore', { eventDataStore: 'x', retentionPeriod: 2557 })).toEqual([]);
  });
});
