/** Who says that an address is one of theirs. Plain data. */
export interface Provider {
  /** `AWS`, `GitHub`, `Cloudflare`, or what the configuration calls it. */
  readonly name: string;
  /** What of it the address serves, in the provider's own words: `Actions`, `CLOUDFRONT`. */
  readonly service?: string | undefined;
  /** Where, in the provider's own words: `eu-west-1`. */
  readonly region?: string | undefined;
}

/** `AWS CLOUDFRONT in eu-west-1`, `GitHub Actions` */
export function providerWords({ name, service, region }: Provider): string {
  return `${name}${service === undefined ? '' : ` ${service}`}${region === undefined ? '' : ` in ${region}`}`;
}
