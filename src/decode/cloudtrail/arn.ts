/** The parts of an Amazon Resource Name, each as it stands in the text. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** Everything after the fifth colon: `role/admin`, `function:charge`, `my-bucket/my-key`. */
  readonly resource: string;
}

/**
 * Takes an ARN apart; undefined where the text isn't one. Region and account may be empty, the rest may not.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export function parseArn(text: string): Arn | undefined {
  if (!text.startsWith('arn:')) return undefined;
  const afterPartition = text.indexOf(':', 4);
  const afterService = text.indexOf(':', afterPartition + 1);
  const afterRegion = text.indexOf(':', afterService + 1);
  const afterAccount = text.indexOf(':', afterRegion + 1);
  if (afterPartition < 0 || afterService < 0 || afterRegion < 0 || afterAccount < 0) return undefined;
  const partition = text.slice(4, afterPartition);
  const service = text.slice(afterPartition + 1, afterService);
  const resource = text.slice(afterAccount + 1);
  if (partition === '' || service === '' || resource === '') return undefined;
  return {
    partition,
    service,
    region: text.slice(afterService + 1, afterRegion),
    account: text.slice(afterRegion + 1, afterAccount),
    resource,
  };
}

/** True for the twelve digits of an AWS account id. `aws`, `ANONYMOUS_PRINCIPAL` and the like stand in the same places and are none. */
export function isAccountId(text: string): boolean {
  return /^\d{12}$/.test(text);
}

/** The account id that an ARN names; undefined where the text is no ARN or names none. */
export function accountOfArn(text: string | undefined): string | undefined {
  const account = text === undefined ? undefined : parseArn(text)?.account;
  return account !== undefined && isAccountId(account) ? account : undefined;
}

/** The part of a path after its last slash; the whole text where that part is empty. */
export function lastSegment(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === '' ? path : name;
}

/** The partition of a region: each has its own ARNs. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html */
export function partitionOfRegion(region: string): string {
  for (const [prefix, partition] of partitions) {
    if (region.startsWith(prefix)) return partition;
  }
  return 'aws';
}

// `us-iso-` and `us-isob-` differ at the hyphen, so their order doesn't matter.
const partitions: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
];
