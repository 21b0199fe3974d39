import { readFile } from 'node:fs/promises';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { readAddressList } from '../web/address-list.ts';
import type { Network } from '../web/network.ts';
import { ownAddresses, ownAddressesName, type OwnAddresses } from './own-addresses.ts';

/** Where a list of addresses lies. */
export type ListPlace =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 's3'; readonly bucket: string; readonly key: string; readonly region: string }
  | ({ readonly type: 'aws' } & OwnAddresses);

/** Longer lists are refused. */
const longestList = 16 * 1024 * 1024;

/** `file:/etc/tocsin/office.txt`, `s3://bucket/key`, `aws:eu-west-1`, `aws:eu-west-1?Team=web` */
export function placeName(place: ListPlace): string {
  switch (place.type) {
    case 'file':
      return `file:${place.path}`;
    case 's3':
      return `s3://${place.bucket}/${place.key}`;
    case 'aws':
      return ownAddressesName(place);
  }
}

/**
 * Reads a list whole or not at all.
 * @throws {Error} with subject, reason and way out where anything in it, or about it, is wrong
 */
export async function readListAt(
  place: ListPlace,
  s3: (region: string) => S3Client,
): Promise<readonly Network[]> {
  if (place.type === 'aws') return ownAddresses(place);
  let text: string;
  try {
    text = place.type === 'file' ? await readFile(place.path, 'utf8') : await objectText(place, s3);
  } catch (error) {
    throw new Error(
      `${placeName(place)}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  if (text.length > longestList)
    throw new Error(`${placeName(place)}: is longer than ${longestList} characters; make it shorter`);
  const { networks, problems } = readAddressList(text);
  if (problems.length > 0)
    throw new Error(
      `${placeName(place)}: ${problems.slice(0, 3).join('; ')}${problems.length > 3 ? ' and more' : ''}; mend the list`,
    );
  return networks;
}

async function objectText(
  { bucket, key, region }: Extract<ListPlace, { readonly type: 's3' }>,
  s3: (region: string) => S3Client,
): Promise<string> {
  const { Body: body, ContentLength: length = 0 } = await s3(region).send(
    new GetObjectCommand({ Bucket: bucket, Key: key }),
  );
  if (body === undefined) throw new Error('the object has no content');
  if (length > longestList) throw new Error(`the object has ${length} bytes, more than ${longestList}`);
  return body.transformToString('utf8');
}
