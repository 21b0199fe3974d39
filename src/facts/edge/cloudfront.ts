import { at, flagAt, membersAt, textAt } from '../call.ts';
import type { Call } from '../call.ts';
import { absent, always, isCreation, removed, restored } from '../guards/guard.ts';
import type { Guard, Setting } from '../guards/guard.ts';

// Real records have the version of the API behind the name; newer calls may come without.
const dated = (name: string): readonly string[] => [name, `${name}2020_05_31`];
const all = [
  ...dated('CreateDistribution'),
  ...dated('CreateDistributionWithTags'),
  ...dated('UpdateDistribution'),
];

const distribution = {
  service: 'cloudfront',
  type: 'AWS::CloudFront::Distribution',
  word: 'distribution',
  name: ['id', 'distribution.id', 'distributionId', 'distribution.distributionConfig.comment'],
} as const;

// An update sends the whole configuration, and so its record doesn't tell what was different before.
const before = ['whether it was on before: the record of the call before this one would tell'];

// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
const oldProtocols: ReadonlySet<string> = new Set(['SSLv3', 'TLSv1', 'TLSv1_2016', 'TLSv1.1_2016']);

/** The guards of CloudFront distributions, and of how they come to what they show. */
export const distributionGuards: readonly Guard[] = [
  {
    ...distribution,
    actions: all,
    kind: 'web-firewall',
    guard: 'the web firewall',
    read: (call) => {
      const configuration = configurationOf(call);
      const acl = at(configuration, 'webACLId');
      return acl === '' ? off(call) : undefined;
    },
    without: 'requests are not looked at before they pass',
    unknowns: before,
  },
  {
    ...distribution,
    actions: dated('DisassociateDistributionWebACL'),
    kind: 'web-firewall',
    guard: 'the web firewall',
    read: always(removed),
    without: 'requests are no longer looked at before they pass',
  },
  {
    ...distribution,
    actions: dated('AssociateDistributionWebACL'),
    kind: 'web-firewall',
    guard: 'the web firewall',
    read: always(restored),
    without: '',
  },
  {
    ...distribution,
    actions: all,
    kind: 'access-logging',
    guard: 'the access log',
    read: (call) => (flagAt(configurationOf(call), 'logging.enabled') === false ? off(call) : undefined),
    without: 'who calls it, and what for, is not written down',
    unknowns: [
      ...before,
      'whether it writes the newer kind of access log: DescribeDeliveries of CloudWatch Logs would tell',
    ],
  },
  {
    ...distribution,
    actions: all,
    kind: 'transport-encryption',
    guard: 'encryption on the way',
    read: plainText,
    without: 'it answers without encryption or by versions of TLS that are broken in part',
    unknowns: before,
  },
  {
    ...distribution,
    actions: all,
    kind: 'origin-access',
    guard: 'access control for the bucket behind it',
    read: openOrigin,
    without: 'it can show objects only of a bucket that anyone can read past it',
    unknowns: before,
  },
  {
    service: 'cloudfront',
    type: 'AWS::CloudFront::OriginAccessControl',
    word: 'origin access control',
    name: ['id'],
    actions: dated('DeleteOriginAccessControl'),
    kind: 'origin-access',
    guard: 'signing of requests to the bucket',
    read: always(removed),
    without: 'distributions can no longer use it to come to a private bucket',
  },
  {
    service: 'cloudfront',
    type: 'AWS::CloudFront::OriginAccessControl',
    word: 'origin access control',
    name: ['id'],
    actions: dated('UpdateOriginAccessControl'),
    kind: 'origin-access',
    guard: 'signing of requests to the bucket',
    read: ({ request }) =>
      textAt(request, 'originAccessControlConfig.signingBehavior')?.toLowerCase() === 'never'
        ? removed
        : undefined,
    without: 'distributions show objects only of a bucket that anyone can read past them',
  },
];

function configurationOf({ request }: Call): ReturnType<typeof at> {
  return at(request, 'distributionConfigWithTags.distributionConfig') ?? at(request, 'distributionConfig');
}

function off(call: Call): Setting {
  return isCreation(call) ? absent : removed;
}

function plainText(call: Call): Setting | undefined {
  const configuration = configurationOf(call);
  const behaviours = [
    at(configuration, 'defaultCacheBehavior') ?? null,
    ...membersAt(configuration, 'cacheBehaviors'),
  ];
  const lost: string[] = [];
  if (behaviours.some((item) => textAt(item, 'viewerProtocolPolicy') === 'allow-all'))
    lost.push('https-only');
  const lowest = textAt(configuration, 'viewerCertificate.minimumProtocolVersion');
  // With CloudFront's own certificate the field says TLSv1, and the domain of CloudFront decides.
  const own = flagAt(configuration, 'viewerCertificate.cloudFrontDefaultCertificate') === true;
  if (lowest !== undefined && !own && oldProtocols.has(lowest)) lost.push('tls-1.2');
  return lost.length === 0 ? undefined : { wanted: isCreation(call) ? 'absent' : 'weakened', lost };
}

/** An origin that is a bucket (not a bucket's website), to which CloudFront comes without a name of its own. */
function openOrigin(call: Call): Setting | undefined {
  const open = membersAt(configurationOf(call), 'origins').some((origin) => {
    const domain = textAt(origin, 'domainName') ?? '';
    return (
      /\.s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?$/.test(domain) &&
      !domain.includes('.s3-website') &&
      at(origin, 's3OriginConfig') !== undefined &&
      textAt(origin, 'originAccessControlId') === undefined &&
      textAt(origin, 's3OriginConfig.originAccessIdentity') === undefined
    );
  });
  return open ? off(call) : undefined;
}
