import { describe, expect, it } from 'vitest';
import type { Event } from '../../event/event.ts';
import type { Json } from '../../event/json.ts';
import { denied } from '../testing/cloudtrail.ts';
import { onInvoices as call, spoken } from '../testing/spoken.ts';

const fields = {
  website: ['change', 'redirect_hosts', 'redirects_all'],
  cors: ['change', 'reach', 'methods'],
};

const website = (configuration: Json): Event =>
  call('PutBucketWebsite', { website: '', WebsiteConfiguration: configuration });
const cors = (rules: Json): Event =>
  call('PutBucketCors', { cors: '', CORSConfiguration: { xmlns: 'x', CORSRule: rules } });

const cases: readonly (readonly [name: string, event: Event, expected: readonly string[]])[] = [
  [
    'every visitor is sent elsewhere',
    website({ RedirectAllRequestsTo: { HostName: 'Evil.example', Protocol: 'https' } }),
    [
      'website opened evil.example redirects_all: bucket `invoices` now answers as a website that sends every visitor to `evil.example`',
    ],
  ],
  [
    'some visitors are sent elsewhere',
    website({
      IndexDocument: { Suffix: 'index.html' },
      RoutingRules: {
        RoutingRule: [
          { Redirect: { HostName: 'a.example' } },
          { Condition: { KeyPrefixEquals: 'x' }, Redirect: { HostName: 'b.example' } },
        ],
      },
    }),
    [
      'website opened a.example,b.example: bucket `invoices` now answers as a website that sends some of its visitors to `a.example` and `b.example`',
    ],
  ],
  [
    'a website that sends nobody anywhere',
    website({
      IndexDocument: { Suffix: 'index.html' },
      RoutingRules: { RoutingRule: { Redirect: { ReplaceKeyWith: 'x' } } },
    }),
    ['website opened: bucket `invoices` now answers as a website'],
  ],
  [
    'a website that the record does not describe',
    call('PutBucketWebsite', { website: '' }),
    ['website unknown: bucket `invoices` was made a website that the record does not describe'],
  ],
  [
    'no website any more',
    call('DeleteBucketWebsite'),
    ['website closed: bucket `invoices` no longer answers as a website'],
  ],
  [
    'a refused website',
    call('PutBucketWebsite', { WebsiteConfiguration: { IndexDocument: { Suffix: 'i' } } }, denied),
    [
      'website unchanged attempted: tried this, but the call failed (`AccessDenied`): bucket `invoices` now answers as a website',
    ],
  ],
  [
    'every website may write',
    cors({ AllowedOrigin: '*', AllowedMethod: ['get', 'PUT'], AllowedHeader: '*' }),
    [
      "cors opened any GET,PUT: every website may now send `GET` and `PUT` to bucket `invoices` through its visitors' browsers",
    ],
  ],
  [
    'every website behind a scheme',
    cors([{ AllowedOrigin: ['https://*'], AllowedMethod: 'GET' }]),
    [
      "cors opened any GET: every website may now send `GET` to bucket `invoices` through its visitors' browsers",
    ],
  ],
  [
    'the widest rule counts',
    cors([
      { AllowedOrigin: 'https://a.example', AllowedMethod: ['DELETE'] },
      { AllowedOrigin: 'https://*.example', AllowedMethod: ['GET'] },
    ]),
    [
      "cors opened pattern GET: websites at `https://*.example` may now send `GET` to bucket `invoices` through its visitors' browsers",
    ],
  ],
  [
    'one website',
    cors({ AllowedOrigin: 'https://a.example', AllowedMethod: 'GET' }),
    [
      "cors opened named GET: websites at `https://a.example` may now send `GET` to bucket `invoices` through its visitors' browsers",
    ],
  ],
  [
    'no website any more through browsers',
    call('DeleteBucketCors'),
    ["cors closed none: no website may use bucket `invoices` through its visitors' browsers"],
  ],
  [
    'rules that cannot be read',
    cors('x'),
    ['cors unknown none: CORS of bucket `invoices` was set, but cannot be read from the record'],
  ],
];

describe('what a bucket is to browsers', () => {
  it.each(cases)('%s', (_name, event, expected) => {
    expect(spoken(event, fields)).toEqual(expected);
  });
});
