import type { InputFile } from './files.ts';

/**
 * `111122223333_CloudTrail_eu-west-1_20261120T0005Z_Uhkr5nMrVUbJpyXh.json.gz`
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html
 */
const delivered = /_(\d{8}T\d{4})Z_[^/\\]*$/;

/**
 * Files that CloudTrail delivered in the order of the times in their names, behind all others, which stay as they are. In the order of
 * their paths one region comes after the other, and each would begin at the oldest time again.
 */
export function inTimeOrder(files: readonly InputFile[]): readonly InputFile[] {
  const timeOf = ({ path }: InputFile): string => delivered.exec(path)?.[1] ?? '';
  return files
    .map((file) => ({ file, time: timeOf(file) }))
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .map(({ file }) => file);
}
