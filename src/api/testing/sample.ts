import type { Alert } from '../../alert/alert.ts';
import { sampleAlert } from '../../notify/sample.ts';

/** Any moment will do; tests hold it still. */
export const testNow = Date.UTC(2026, 10, 21, 12, 0, 0);

export function testId(number: number): string {
  return number.toString(16).padStart(32, '0');
}

/** An alert of its own id, `minutes` old, with what a test wants to be different. */
export function testAlert(number: number, change: Partial<Alert> = {}, minutes = number): Alert {
  const time = testNow - minutes * 60_000;
  return {
    ...sampleAlert(time),
    id: testId(number),
    receivedAt: time + 95_000,
    decidedAt: time + 95_004,
    ...change,
  };
}

/** What an attacker would write into a log: markup, script addresses, template and SQL syntax, order and line tricks. */
export const hostileStrings = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title></style></textarea></pre><svg onload=alert(1)>',
  'javascript:alert(1)',
  'https://user:pass@evil.example/',
  '&lt;b&gt;&#x3c;i&#62;',
  '${7*7} {{7*7}} `id`',
  "'; DROP TABLE alert; --",
  'invoice\u202Egnp.exe',
  'a\u0000b\u001b[2Jc\rd\ne',
  '\u200b\u2066\u2067hidden\u2069\ufeff',
  '\ud800 lone',
  'x'.repeat(20_000),
  'Z' + '\u0301'.repeat(2_000),
  '__proto__',
] as const;
