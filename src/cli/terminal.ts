import { isatty } from 'node:tty';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** What is known of the terminal that we write to. */
export interface Terminal {
  readonly colour: boolean;
  readonly width: number;
  readonly interactive: boolean;
}

/** Colours only on a terminal, and never where NO_COLOR asks for none (https://no-color.org). */
export function terminalOf(stream: NodeJS.WriteStream & { readonly fd: number }): Terminal {
  const interactive = isatty(stream.fd);
  return {
    interactive,
    colour: interactive && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    width: interactive ? Math.min(stream.columns, 140) : 120,
  };
}

export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.colour ? styleText(style, text, { validateStream: false }) : text;
}

/** Writes and waits while the reader is slower than we are. A reader that has gone (`| head`) ends the process quietly. */
export function writeOut(text: string): Promise<void> | void {
  if (!process.stdout.write(text)) return new Promise((resolve) => process.stdout.once('drain', resolve));
}

export function formatBytes(bytes: number): string {
  const names = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let name = 0;
  while (value >= 1000 && name < names.length - 1) {
    value /= 1000;
    name++;
  }
  return `${name === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${names[name]}`;
}

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function count(n: number, noun: string): string {
  const ending = n === 1 ? '' : noun.endsWith('ch') ? 'es' : 's';
  return `${n.toLocaleString('en')} ${noun}${ending}`;
}
