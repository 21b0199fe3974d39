import { isList, type Json } from '../event/json.ts';
import { subjectField, type Subject } from './finding.ts';

/** Placeholders longer than this would push the sentence off a screen; the whole value stays in the evidence. */
const longestValue = 120;
const mostMembers = 3;

export interface Headline<S> {
  readonly render: (subject: S) => string;
  /** Every field that the text names, for lint. */
  readonly fields: readonly string[];
}

/**
 * Compiles a rule's headline: text with placeholders `{field}` or `{field|other.field}` (the first that is there). A list
 * prints its first members and how many more there are; a missing field prints `unknown`. Values are cut to one line of
 * bounded length with control characters taken out; they stay hostile to every other syntax, which is the channels' to escape.
 */
export function compileHeadline(template: string): Headline<Subject> {
  return compileSentence(template, subjectField);
}

/** The same for whatever has fields. */
export function compileSentence<S>(
  template: string,
  fieldOf: (name: string) => (subject: S) => Json | undefined,
): Headline<S> {
  const fields: string[] = [];
  const parts = template
    .trim()
    .replace(/\s+/g, ' ')
    .split(/\{([^{}]*)\}/)
    .map((part, i) => {
      if (i % 2 === 0) return () => part;
      const names = part.split('|').map((name) => name.trim());
      fields.push(...names);
      const readers = names.map(fieldOf);
      return (subject: S) => {
        for (const read of readers) {
          const printed = print(read(subject));
          if (printed !== '') return printed;
        }
        return 'unknown';
      };
    });
  return { fields, render: (subject) => parts.map((part) => part(subject)).join('') };
}

function print(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'string') return oneLine(value);
  if (!isList(value)) return typeof value === 'object' ? oneLine(JSON.stringify(value)) : String(value);
  // A list inside a list is one member, and as short as any.
  const members = [
    ...new Set(value.map((item) => (isList(item) ? oneLine(print(item)) : print(item)))),
  ].filter((member) => member !== '');
  const more = members.length - mostMembers;
  return more > 0 ? `${members.slice(0, mostMembers).join(', ')} and ${more} more` : members.join(', ');
}

function oneLine(value: string): string {
  // The cut comes first: a hostile value may be megabytes long.
  const start = value.length > longestValue * 4 ? value.slice(0, longestValue * 4) : value;
  const points = Array.from(
    start
      .toWellFormed()
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
      .trim(),
  );
  const cut = points.length > longestValue || start.length < value.length;
  return cut ? `${points.slice(0, longestValue).join('')}…` : points.join('');
}
