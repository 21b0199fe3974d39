import { headedColumn, readCsvList } from './csv-list.ts';
import { readJsonList, readJsonLines } from './json-list.ts';
import type { ListFormatName, ListReader } from './format.ts';
import { readLineList, readTorExits } from './line-list.ts';

/** A format is one function and one line here. */
export const listFormats: Readonly<Record<ListFormatName, ListReader>> = {
  lines: readLineList,
  'tor-exits': readTorExits,
  'json-lines': readJsonLines,
  json: readJsonList,
  csv: readCsvList,
};

/** The format of content that no configuration names; `lines` where nothing tells. */
export function detectListFormat(bytes: Uint8Array): ListFormatName {
  const head = Buffer.from(bytes.subarray(0, 8192))
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (/^\{[^\r\n]*\}[ \t]*(?:\r?\n|$)/.test(head)) {
    const [first = ''] = head.split(/\r?\n/, 1);
    // A document on a single line has no address at its top.
    return /"(?:cidr|ip|network|address)"\s*:/.test(first) && !/:\s*\[/.test(first) ? 'json-lines' : 'json';
  }
  if (head.startsWith('{') || head.startsWith('[')) return 'json';
  if (/^ExitAddress /m.test(head)) return 'tor-exits';
  return headedColumn(bytes) === undefined ? 'lines' : 'csv';
}
