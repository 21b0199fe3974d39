import { visible } from '../../notify/safe-text.ts';

/** The text with its spaces and line breaks, and nothing in it that a terminal acts on. */
export function asWritten(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/[^ \t\n]+/g, visible);
}
