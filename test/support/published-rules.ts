import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A file of rules: its path inside the archive or folder, and its text. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Sigma rules of other people: from a folder, a `.tar.gz`, or a folder with a `rules.tar.gz` in it. Files that do not end in
 * `.yml` are left out.
 */
export function readRuleFiles(path: string): readonly RuleFile[] {
  const packed = path.endsWith('.tar.gz') ? path : join(path, 'rules.tar.gz');
  if (existsSync(packed))
    return filesOf(gunzipSync(readFileSync(packed))).filter((file) => file.path.endsWith('.yml'));
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => ({ path: name, text: readFileSync(join(path, name), 'utf8') }));
}

/** The files of a tar archive: a header of 512 bytes, then the content filled up to as many. Long names come from pax headers. */
function filesOf(tar: Buffer): readonly RuleFile[] {
  const files: RuleFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + 512 <= tar.length;) {
    const text = (from: number, length: number) =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const name = text(0, 100);
    if (name === '') break;
    const size = Number.parseInt(text(124, 12), 8);
    const type = text(156, 1);
    const prefix = text(257, 6).startsWith('ustar\0') ? text(345, 155) : '';
    const content = tar.toString('utf8', at + 512, at + 512 + size);
    if (type === 'x') longName = /(?:^|\n)\d+ path=(.*)\n/.exec(content)?.[1];
    else if (type === 'L') longName = content.replace(/\0.*$/s, '');
    else {
      if (type === '0' || type === '')
        files.push({ path: longName ?? (prefix === '' ? name : `${prefix}/${name}`), text: content });
      longName = undefined;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

const archive = join(
  process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../shared/data'),
  'sigma-rules/rules.tar.gz',
);

/** The rules that SigmaHQ publishes, read where they lie; none where they do not. */
export const publishedRules: readonly RuleFile[] = existsSync(archive) ? readRuleFiles(archive) : [];
