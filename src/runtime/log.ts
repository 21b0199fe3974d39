import { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';
import { visible } from '../notify/safe-text.ts';

/**
 * The server's log on standard error: JSON lines for machines, and short lines for a person where that is a terminal. Values in it can
 * come from anybody who sends a request.
 */
export function createLog(level: string, forTerminal: boolean): Logger {
  // Lines that come while others are being written go together; the last ones are written when the process ends.
  return pino({ level }, forTerminal ? shortLines() : pino.destination({ dest: 2, sync: false }));
}

const names: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const everyLine = new Set(['level', 'time', 'pid', 'hostname', 'msg']);

function shortLines(): Writable {
  return new Writable({
    decodeStrings: false,
    write: (line: string | Buffer, _, done) => {
      process.stderr.write(`${shortLine(line.toString())}\n`);
      done();
    },
  });
}

/** `08:31:07 warn a rule was left out  rule=rules/x.yml:3:1: …` */
export function shortLine(json: string): string {
  const { time, level, msg, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const clock = new Date(Number(time)).toISOString().slice(11, 19);
  const details = Object.entries(rest)
    .filter(([key]) => !everyLine.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return visible(
    [clock, names[Number(level)] ?? String(level), typeof msg === 'string' ? msg : '', ...details].join(' '),
  );
}
