import { expect, it } from 'vitest';
import { shortLine } from './log.ts';

it.each([
  [
    'says when, how bad, what, and with which details',
    {
      level: 40,
      time: Date.UTC(2026, 10, 21, 8, 31, 7),
      pid: 1,
      hostname: 'h',
      rule: 'x.yml:3',
      count: 2,
      msg: 'a rule was left out',
    },
    '08:31:07 warn a rule was left out rule=x.yml:3 count=2',
  ],
  [
    'makes what a request brought harmless',
    { level: 30, time: 0, url: '/\u001b[2J\n', msg: 'answered' },
    '00:00:00 info answered url=/\\x1b[2J\\n',
  ],
])('a log line for a terminal %s', (_, entry, expected) => {
  expect(shortLine(JSON.stringify(entry))).toBe(expected);
});
