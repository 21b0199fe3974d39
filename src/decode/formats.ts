import { detectAccessFormat } from './access/formats.ts';
import { csvFormat } from './csv.ts';
import type { Format } from './format.ts';
import { jsonFormat } from './json.ts';

/** Every log format, in the order in which they are asked whether the content is theirs. */
const formats: readonly Format[] = [csvFormat, jsonFormat];

/** Beginnings of files that people point a log reader at by mistake. */
const strangers: readonly { readonly magic: string; readonly name: string; readonly wayOut?: string }[] = [
  { magic: '\xff\xfe', name: 'UTF-16 text', wayOut: 'convert it to UTF-8' },
  { magic: '\xfe\xff', name: 'UTF-16 text', wayOut: 'convert it to UTF-8' },
  { magic: '{\0', name: 'UTF-16 text', wayOut: 'convert it to UTF-8' },
  { magic: '[\0', name: 'UTF-16 text', wayOut: 'convert it to UTF-8' },
  { magic: '\0{', name: 'UTF-16 text', wayOut: 'convert it to UTF-8' },
  { magic: '\0[', name: 'UTF-16 text', wayOut: 'convert it to UTF-8' },
  { magic: 'PK\x03\x04', name: 'a ZIP archive', wayOut: 'unpack it first' },
  { magic: 'BZh', name: 'bzip2 data', wayOut: 'unpack it first' },
  { magic: '\xfd7zXZ', name: 'xz data', wayOut: 'unpack it first' },
  { magic: '7z\xbc\xaf', name: 'a 7-Zip archive', wayOut: 'unpack it first' },
  { magic: '\x04"M\x18', name: 'lz4 data', wayOut: 'unpack it first' },
  { magic: '\x1f\x8b', name: 'packed data deeper than two levels', wayOut: 'unpack it first' },
  { magic: '\x28\xb5\x2f\xfd', name: 'packed data deeper than two levels', wayOut: 'unpack it first' },
  { magic: 'PAR1', name: 'a Parquet file', wayOut: 'export it as JSON' },
  { magic: 'ORC', name: 'an ORC file', wayOut: 'export it as JSON' },
  { magic: 'Obj\x01', name: 'an Avro file', wayOut: 'export it as JSON' },
  { magic: 'SQLite format', name: 'an SQLite database' },
  { magic: '\x89PNG', name: 'a PNG image' },
  { magic: '\xff\xd8\xff', name: 'a JPEG image' },
  { magic: 'GIF8', name: 'a GIF image' },
  { magic: '%PDF', name: 'a PDF document' },
  { magic: 'MZ', name: 'a Windows program' },
  { magic: '\x7fELF', name: 'a Linux program' },
  { magic: 'version account-id interface-id', name: 'a VPC flow log, which is not read yet' },
  {
    magic: '------',
    name: 'a form with a file in it',
    wayOut: 'send the file alone (curl --data-binary @FILE)',
  },
  { magic: '<', name: 'XML or HTML' },
  { magic: '\0\0\0\0', name: 'a run of zero bytes' },
];

/** What CloudTrail delivers, file after file or event after event: to hold it against every format of access logs would cost more than to read it. */
const plainly = ['{"Records":[', '{"eventVersion":"'];

/** More than any format's first line needs; a head may be a whole chunk long. */
const enoughToTell = 16 * 1024;

/** The format of content that begins with `content`, or the reason why there is none. */
export function detectFormat(content: Uint8Array): Format | { readonly problem: string } {
  const head = content.subarray(0, enoughToTell);
  const start = Buffer.from(head.subarray(0, 32)).toString('latin1');
  if (plainly.some((beginning) => start.startsWith(beginning))) return jsonFormat;
  const stranger = strangers.find(({ magic }) => start.startsWith(magic));
  const access = stranger === undefined ? detectAccessFormat(head) : undefined;
  if (access !== undefined) {
    return {
      problem: `an access log (${access.name}), which holds no records of CloudTrail; \`tocsin traffic\` reads it`,
    };
  }
  const format = stranger === undefined ? formats.find(({ detect }) => detect(head)) : undefined;
  if (format !== undefined) return format;
  const found = stranger?.name ?? `content that begins with ${beginning(head)}`;
  const wayOut = stranger?.wayOut === undefined ? '' : `; ${stranger.wayOut}`;
  return {
    problem: `not a known log format: ${found}; expected CloudTrail records as JSON, JSON lines or CSV, plain or packed with gzip or zstd${wayOut}`,
  };
}

function beginning(head: Uint8Array): string {
  const first = [...head.subarray(0, 16)];
  return first.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? `'${String.fromCharCode(...first)}'`
    : `the bytes ${first.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;
}
