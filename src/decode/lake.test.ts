import { describe, expect, it } from 'vitest';

import { areLakeColumns, lakeFields, trinoValue } from './lake.ts';

describe('a nested cell in Trino text', () => {
  it.each<[name: string, cell: string, value: unknown]>([
    [
      'gives members under their proper names',
      '{type=IAMUser, accountid=1, username=a}',
      { type: 'IAMUser', accountId: '1', userName: 'a' },
    ],
    [
      'gives rows in rows',
      '{sessioncontext={attributes={mfaauthenticated=true}}, invokedby=null}',
      { sessionContext: { attributes: { mfaAuthenticated: 'true' } }, invokedBy: null },
    ],
    [
      'gives arrays of rows',
      '[{arn=a, type=b}, {arn=c, type=d}]',
      [
        { arn: 'a', type: 'b' },
        { arn: 'c', type: 'd' },
      ],
    ],
    ['gives an empty row', '{}', {}],
    ['keeps an equals sign in a value', '{principalId=AROA:a=b}', { principalId: 'AROA:a=b' }],
    ['is not read where a key occurs twice', '{username=x, type=Root, type=IAMUser}', undefined],
    ['is not read where a value holds a separator', '{username=x, y}', undefined],
    ['is not read where a value holds a brace', '{username=x}, type=Root}', undefined],
    ['is not read where it is not closed', '{type=Root', undefined],
  ])('%s', (_, cell, value) => {
    expect(trinoValue(cell)).toEqual(value);
  });
});

describe('a row', () => {
  it.each<[name: string, columns: [string, string][], fields: unknown]>([
    [
      'is its eventJson and nothing else',
      [
        ['eventName', 'Forged'],
        ['eventjson', '{"a":1}'],
      ],
      { eventJson: '{"a":1}' },
    ],
    [
      'has the proper names again',
      [
        ['eventname', 'X'],
        ['sourceipaddress', '1.2.3.4'],
        ['own', 'y'],
      ],
      { eventName: 'X', sourceIPAddress: '1.2.3.4', own: 'y' },
    ],
    ['has no member for an empty cell', [['errorCode', '']], {}],
    ['has JSON columns parsed', [['requestParameters', '{"a":[1]}']], { requestParameters: { a: [1] } }],
    [
      'keeps a free column that is not JSON as text',
      [['requestParameters', '{bucketName=b, acl=x}']],
      { requestParameters: '{bucketName=b, acl=x}' },
    ],
    [
      'has flags as booleans',
      [
        ['readOnly', 'false'],
        ['managementEvent', 'true'],
      ],
      { readOnly: false, managementEvent: true },
    ],
    [
      'has SQL times as ISO times',
      [['eventTime', '2024-05-01 10:20:30.000']],
      { eventTime: '2024-05-01T10:20:30.000Z' },
    ],
  ])('%s', (_, columns, fields) => {
    expect(lakeFields(columns)).toEqual(fields);
  });

  it('is not changed in its prototype by a column name', () => {
    const fields = lakeFields([['__proto__', '{"admin":true}']]);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
    expect(Object.hasOwn(fields, '__proto__')).toBe(true);
  });
});

it("CloudTrail's columns are told from others", () => {
  expect(areLakeColumns(['eventname', 'eventsource', 'x'])).toBe(true);
  expect(areLakeColumns(['eventJson'])).toBe(true);
  expect(areLakeColumns(['Event Type', 'Event Name'])).toBe(false);
});
