/** Something that a DNS record can point at and that a stranger can get hold of once its owner has let it go. */
export interface Claimable {
  readonly provider: string;
  /**
   * What a stranger needs: the same name at the provider (`name`), to enter the record's own name at the provider (`domain`), or to be
   * given the same address (`address`).
   */
  readonly how: 'name' | 'domain' | 'address';
  /** What has to be free for that: `shop.example.com` as the name of a bucket; undefined where the record does not tell. */
  readonly claim: string | undefined;
  /** Where this is described. */
  readonly source: string;
}

interface Fingerprint {
  readonly provider: string;
  readonly how: Claimable['how'];
  /** Ends of names, label by label; a label may end in `*`, or be `*`. */
  readonly ends: readonly string[];
  readonly source: string;
  /** True where the end alone is enough, and the record's own name is what is claimed: S3 serves the bucket that is called so. */
  readonly bare?: boolean;
}

const xyz = 'https://github.com/EdOverflow/can-i-take-over-xyz';
const azure = 'https://learn.microsoft.com/en-us/azure/security/fundamentals/subdomain-takeover';

/** Names with something random in them that nobody can choose (load balancers, API gateways, App Runner) are left out: a stranger can't get one. */
const fingerprints: readonly Fingerprint[] = [
  {
    provider: 'S3 website',
    how: 'name',
    ends: ['s3-website-*.amazonaws.com', 's3-website.*.amazonaws.com', 's3-website.*.amazonaws.com.cn'],
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html',
    bare: true,
  },
  {
    provider: 'S3',
    how: 'name',
    ends: [
      's3.amazonaws.com',
      's3.*.amazonaws.com',
      's3-*.amazonaws.com',
      's3.dualstack.*.amazonaws.com',
      's3.*.amazonaws.com.cn',
    ],
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html',
  },
  {
    provider: 'Elastic Beanstalk',
    how: 'name',
    ends: ['elasticbeanstalk.com'],
    source: 'https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/customdomains.html',
  },
  {
    provider: 'CloudFront',
    how: 'domain',
    ends: ['cloudfront.net'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html',
  },
  {
    provider: 'EC2 public address',
    how: 'address',
    ends: ['compute.amazonaws.com', 'compute-1.amazonaws.com'],
    source: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html',
  },
  {
    provider: 'Azure App Service',
    how: 'name',
    ends: ['azurewebsites.net', 'azurestaticapps.net'],
    source: azure,
  },
  { provider: 'Azure Traffic Manager', how: 'name', ends: ['trafficmanager.net'], source: azure },
  {
    provider: 'Azure Cloud Services',
    how: 'name',
    ends: ['cloudapp.net', 'cloudapp.azure.com'],
    source: azure,
  },
  {
    provider: 'Azure Front Door and CDN',
    how: 'name',
    ends: ['azureedge.net', 'azurefd.net'],
    source: azure,
  },
  {
    provider: 'Azure Storage',
    how: 'name',
    ends: ['blob.core.windows.net', 'web.core.windows.net', 'z*.web.core.windows.net'],
    source: azure,
  },
  {
    provider: 'other Azure service',
    how: 'name',
    ends: [
      'azure-api.net',
      'azurecontainer.io',
      'azurecr.io',
      'azurehdinsight.net',
      'azuredatalakestore.net',
      'database.windows.net',
      'redis.cache.windows.net',
      'search.windows.net',
      'servicebus.windows.net',
    ],
    source: azure,
  },
  {
    provider: 'GitHub Pages',
    how: 'domain',
    ends: ['github.io'],
    source:
      'https://docs.github.com/en/pages/configuring-a-custom-domain-for-your-github-pages-site/verifying-your-custom-domain-for-github-pages',
  },
  {
    provider: 'GitLab Pages',
    how: 'domain',
    ends: ['gitlab.io'],
    source: 'https://docs.gitlab.com/user/project/pages/custom_domains_ssl_tls_certification/',
  },
  { provider: 'Bitbucket', how: 'name', ends: ['bitbucket.io'], source: `${xyz}/issues/97` },
  {
    provider: 'Heroku',
    how: 'domain',
    ends: ['herokuapp.com', 'herokudns.com', 'herokussl.com'],
    source: 'https://devcenter.heroku.com/articles/custom-domains',
  },
  { provider: 'Fastly', how: 'domain', ends: ['fastly.net', 'fastlylb.net'], source: `${xyz}/issues/22` },
  { provider: 'Shopify', how: 'domain', ends: ['myshopify.com'], source: `${xyz}/issues/46` },
  {
    provider: 'Netlify',
    how: 'domain',
    ends: ['netlify.app', 'netlify.com', 'netlifyglobalcdn.com'],
    source: `${xyz}/issues/40`,
  },
  {
    provider: 'Vercel',
    how: 'domain',
    ends: ['vercel.app', 'vercel-dns.com', 'now.sh'],
    source: `${xyz}/issues/183`,
  },
  {
    provider: 'Google Cloud Storage',
    how: 'name',
    ends: ['c.storage.googleapis.com'],
    source: 'https://cloud.google.com/storage/docs/hosting-static-website',
    bare: true,
  },
  {
    provider: 'Firebase Hosting',
    how: 'domain',
    ends: ['firebaseapp.com', 'web.app'],
    source: 'https://firebase.google.com/docs/hosting/custom-domain',
  },
  {
    provider: 'Cloudflare Pages and Workers',
    how: 'domain',
    ends: ['pages.dev', 'workers.dev'],
    source: 'https://developers.cloudflare.com/pages/configuration/custom-domains/',
  },
  { provider: 'Ghost', how: 'domain', ends: ['ghost.io'], source: `${xyz}/issues/89` },
  { provider: 'Pantheon', how: 'domain', ends: ['pantheonsite.io'], source: `${xyz}/issues/24` },
  { provider: 'WordPress.com', how: 'domain', ends: ['wordpress.com'], source: xyz },
  { provider: 'Tumblr', how: 'domain', ends: ['domains.tumblr.com'], source: `${xyz}/issues/240` },
  { provider: 'Surge', how: 'domain', ends: ['surge.sh'], source: `${xyz}/issues/198` },
  { provider: 'Read the Docs', how: 'domain', ends: ['readthedocs.io'], source: `${xyz}/issues/160` },
  { provider: 'ReadMe', how: 'domain', ends: ['readme.io', 'readmessl.com'], source: `${xyz}/issues/41` },
  { provider: 'Help Scout', how: 'domain', ends: ['helpscoutdocs.com'], source: xyz },
  { provider: 'Help Juice', how: 'domain', ends: ['helpjuice.com'], source: xyz },
  { provider: 'Zendesk', how: 'name', ends: ['zendesk.com'], source: `${xyz}/issues/23` },
  { provider: 'Discourse', how: 'name', ends: ['trydiscourse.com'], source: `${xyz}/issues/49` },
  { provider: 'Gemfury', how: 'domain', ends: ['furyns.com'], source: `${xyz}/issues/154` },
  { provider: 'JetBrains', how: 'name', ends: ['myjetbrains.com'], source: xyz },
  { provider: 'ngrok', how: 'domain', ends: ['ngrok.io', 'ngrok-cname.com'], source: `${xyz}/issues/92` },
  {
    provider: 'Strikingly',
    how: 'domain',
    ends: ['s.strikinglydns.com', 'strikingly.com'],
    source: `${xyz}/issues/58`,
  },
  { provider: 'UptimeRobot', how: 'domain', ends: ['stats.uptimerobot.com'], source: xyz },
  { provider: 'Pingdom', how: 'domain', ends: ['stats.pingdom.com'], source: xyz },
  { provider: 'Short.io', how: 'domain', ends: ['short.io', 'cname.short.io'], source: `${xyz}/issues/260` },
  {
    provider: 'HubSpot',
    how: 'domain',
    ends: ['hubspotpagebuilder.com', 'hs-sites.com'],
    source: `${xyz}/issues/59`,
  },
  { provider: 'Unbounce', how: 'domain', ends: ['unbouncepages.com'], source: `${xyz}/issues/11` },
  {
    provider: 'Webflow',
    how: 'domain',
    ends: ['proxy.webflow.com', 'proxy-ssl.webflow.com'],
    source: `${xyz}/issues/44`,
  },
  { provider: 'Squarespace', how: 'domain', ends: ['squarespace.com'], source: xyz },
  { provider: 'Agile CRM', how: 'domain', ends: ['agilecrm.com'], source: xyz },
  { provider: 'Canny', how: 'domain', ends: ['cname.canny.io'], source: xyz },
  { provider: 'Cargo Collective', how: 'domain', ends: ['subdomain.cargocollective.com'], source: xyz },
  { provider: 'Campaign Monitor', how: 'domain', ends: ['createsend.com'], source: xyz },
  { provider: 'LaunchRock', how: 'domain', ends: ['launchrock.com'], source: xyz },
  { provider: 'SurveySparrow', how: 'domain', ends: ['surveysparrow.com'], source: xyz },
  { provider: 'Uberflip', how: 'domain', ends: ['uberflip.com'], source: xyz },
  { provider: 'Worksites', how: 'domain', ends: ['worksites.net'], source: xyz },
];

interface End {
  /** The last label first. */
  readonly labels: readonly string[];
  readonly fingerprint: Fingerprint;
}

const byTopLabels: ReadonlyMap<string, readonly End[]> = Map.groupBy(
  fingerprints.flatMap((fingerprint) =>
    fingerprint.ends.map((end) => ({ labels: end.split('.').reverse(), fingerprint })),
  ),
  ({ labels }) => topOf(labels),
);

function topOf(labels: readonly string[]): string {
  return `${labels[1] ?? ''}.${labels[0] ?? ''}`;
}

/**
 * What a stranger could claim of the thing that `target` names; undefined where nobody is known to hand such names to whoever asks.
 * @param target a DNS name in lower case, without a dot at its end
 * @param name the record's own name, spelled likewise
 */
export function claimableAt(target: string, name: string): Claimable | undefined {
  const labels = target.split('.', 128).reverse();
  for (const { labels: end, fingerprint } of byTopLabels.get(topOf(labels)) ?? []) {
    const before = labels.length - end.length;
    if (
      before < (fingerprint.bare === true ? 0 : 1) ||
      !end.every((label, at) => fits(labels[at] ?? '', label))
    )
      continue;
    const { provider, how, source } = fingerprint;
    const own = labels.slice(end.length).reverse().join('.');
    const claim = how === 'address' ? undefined : how === 'name' && before > 0 ? own : name;
    return { provider, how, claim, source };
  }
  return undefined;
}

function fits(label: string, pattern: string): boolean {
  return pattern.endsWith('*') ? label.startsWith(pattern.slice(0, -1)) && label !== '' : label === pattern;
}
