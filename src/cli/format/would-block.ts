import { line } from '../../notify/safe-text.ts';
import type { WouldBlock } from '../../web/would-block.ts';
import { paint, type Terminal } from '../terminal.ts';
import { renderColumns } from './columns.ts';

/** Whom the server would have blocked, until when and why, and whom it would not although they offended. */
export function renderWouldBlock({ blocks, refusals }: WouldBlock, top: number, terminal: Terminal): string {
  const lines = [
    paint(
      terminal,
      'bold',
      blocks.length === 0
        ? 'Nobody would be blocked.'
        : `Would be blocked (${blocks.length.toLocaleString('en')})`,
    ),
  ];
  if (blocks.length > 0)
    lines.push(
      renderColumns(
        [{ head: 'address', gives: true }, { head: 'rule' }, { head: 'until (UTC)' }],
        blocks
          .slice(0, top)
          .map(({ subject, rule, expiresAt, times }) => [
            subject,
            rule,
            `${new Date(expiresAt).toISOString().slice(0, 19).replace('T', ' ')}${times > 1 ? `, for the ${times}. time` : ''}`,
          ]),
        terminal,
      ),
    );
  if (blocks.length > top) lines.push(`${(blocks.length - top).toLocaleString('en')} more; --top shows more`);
  for (const { subject, detail } of refusals.slice(0, top))
    lines.push(line(`${subject} would not be: ${detail}`, Math.max(40, terminal.width)));
  if (refusals.length > top)
    lines.push(`${(refusals.length - top).toLocaleString('en')} more would not be; --json shows all`);
  return lines.join('\n');
}
