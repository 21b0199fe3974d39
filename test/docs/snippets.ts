import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/cli.ts';

/** Code that stands in a page. */
export interface Snippet {
  /** `docs/sources.md:14` */
  readonly place: string;
  readonly language: string;
  /** What the first line says that the code is a file of, such as `tocsin.yaml`; empty where it says nothing. */
  readonly file: string;
  readonly text: string;
}

/** The pages of docs/, from the root of the repository, with what is in them. */
export function docTexts(): readonly { readonly path: string; readonly text: string }[] {
  return readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map((path) => ({ path: `docs/${path}`, text: readFileSync(join(root, 'docs', path), 'utf8') }));
}

/** Every fenced block of a page. A block inside a list loses the list's indentation. */
export function snippetsOf(path: string, page: string): readonly Snippet[] {
  return [...page.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map(
    ({ 1: indent = '', 2: language = '', 3: raw = '', index }) => {
      const text = raw.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
      return {
        place: `${path}:${page.slice(0, index).split('\n').length}`,
        language,
        file: /^(?:#|\/\/) (\S+\.\w+)\n/.exec(text)?.[1] ?? '',
        text,
      };
    },
  );
}
