import {
  areCloudFrontFields,
  layoutOf,
  standardFields,
  type Layout,
  type Lines,
} from './cloudfront-fields.ts';
import { delimitedReader } from './delimited-reader.ts';
import { readDelimited } from './delimited.ts';
import { noRequest, type AccessFormat, type ReadLine } from './format.ts';

/**
 * CloudFront's standard logs: version 1 and the W3C form of version 2, whose `#Fields:` line says what stands in each line, in whatever
 * order; and the plain form of version 2, whose first line has the names alone. A later header line counts from there on, as in files that
 * were put together. A file that is read from the middle has the fields that version 1 always had.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
 */
export const cloudFrontFormat: AccessFormat = {
  name: 'CloudFront standard logs',
  escaping: 'percent',
  detect: (head) => {
    const text = Buffer.from(head.subarray(0, 4096)).toString('latin1');
    return (
      // A header line that is there whole names fields of CloudFront's.
      (/^#Version: ?1\.0(\r?\n|$)/.test(text) &&
        !/^#Version.*\n#Fields:(?!.*[\t ](x-edge|c-ip)).*\n/.test(text)) ||
      /^#Fields:.*[\t ](x-edge|c-ip)/.test(text) ||
      /^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d+(-\w+)?\t/.test(text) ||
      plainHeader(/^[^\r\n]*/.exec(text)?.[0] ?? '') !== undefined
    );
  },
  open: () => {
    const { lines, readLine } = cloudFrontLines();
    return delimitedReader(lines, readLine);
  },
};

/** Reads one line after the other of a file, headers among them, by the plain way alone. */
export function cloudFrontLines(): { readonly lines: Lines; readonly readLine: ReadLine } {
  /** Without a header line a line may have as few fields as there once were. */
  const lines: Lines = { layout: standard, delimiter: tab, atLeast: fewestFields };
  const readLine: ReadLine = (bytes, start, end, into, row) => {
    const first = bytes[start] ?? 0;
    if (first === hash) {
      const names = fieldsLine(latin1(bytes, start, end));
      if (names !== undefined) use(lines, layoutOf(names), tab);
      return noRequest;
    }
    if (first >= letterA && first <= letterZ) {
      const header = plainHeader(latin1(bytes, start, Math.min(end, start + longestHeader)));
      if (header !== undefined) {
        use(lines, header.layout, header.delimiter);
        return noRequest;
      }
    }
    return readDelimited(lines, bytes, start, end, into, row);
  };
  return { lines, readLine };
}

function use(lines: Lines, layout: Layout, delimiter: number): void {
  lines.layout = layout;
  lines.delimiter = delimiter;
  lines.atLeast = layout.names.length;
}

const tab = 0x09;
const hash = 0x23;
const letterA = 0x61;
const letterZ = 0x7a;
const longestHeader = 4096;
/** Since 2014. */
const fewestFields = 23;
const standard = layoutOf(standardFields);

/** The names in a `#Fields:` line; undefined for another line with `#`. */
function fieldsLine(line: string): readonly string[] | undefined {
  const rest = /^#Fields:[\t ]*(.*)$/.exec(line)?.[1];
  return rest?.split(/[\t ]+/).filter((name) => name !== '');
}

/** A first line of names with the same sign between them. */
function plainHeader(line: string): { readonly layout: Layout; readonly delimiter: number } | undefined {
  const delimiter = /^[a-zA-Z][\w()-]*([\t ,;|])/.exec(line)?.[1];
  if (delimiter === undefined) return undefined;
  const names = line.split(delimiter);
  return areCloudFrontFields(names)
    ? { layout: layoutOf(names), delimiter: delimiter.charCodeAt(0) }
    : undefined;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
