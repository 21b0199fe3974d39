import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Escaping } from '../../event/requests.ts';
import { requestsOf } from '../testing/requests.ts';
import { textTable, type TextTable } from '../text-table.ts';
import { agentBook, agentBytes, type AgentBook } from './agent-book.ts';

/** The judgement of each of these agents. */
function judged<T>(
  book: AgentBook<T>,
  table: TextTable,
  agents: readonly string[],
  escaping: Escaping = 'none',
): readonly (T | undefined)[] {
  const texts = table.of(
    requestsOf(
      agents.map((agent) => ({ agent })),
      { escaping },
    ),
    'agent',
  );
  book.read(texts);
  return agents.map((_, row) => book.judgementAt(texts.ids[row] ?? -1));
}

describe('the book of agents', () => {
  it('judges an agent once', () => {
    const book = agentBook((text) => `judged ${text}`);
    const table = textTable();
    expect(judged(book, table, ['a', 'b', 'a', ''])).toEqual(['judged a', 'judged b', 'judged a', undefined]);
    expect(book.counters.judged).toBe(2);
    expect(judged(book, table, ['a'])).toEqual(['judged a']);
    expect(book.counters.judged).toBe(2);
  });

  it('undoes what the log did to the agent', () => {
    const book = agentBook((text) => text);
    const table = textTable();
    const one = (agent: string, escaping: Escaping) => judged(book, table, [agent], escaping)[0];
    expect(one('Mozilla/5.0%20(X11)', 'percent')).toBe('Mozilla/5.0 (X11)');
    expect(one('Mozilla/5.0%20(X11)', 'none')).toBe('Mozilla/5.0%20(X11)');
    expect(one('a\\"b', 'backslash')).toBe('a"b');
  });

  it('looks at the beginning of an agent without end', () => {
    const book = agentBook((text) => text.length);
    const agents = ['a'.repeat(agentBytes), 'a'.repeat(100_000), 'a'.repeat(agentBytes - 1)];
    expect(judged(book, textTable(), agents)).toEqual([agentBytes, agentBytes, agentBytes - 1]);
  });

  it('answers as one that remembers nothing, whatever came before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', 'é') }))),
        (batches) => {
          const book = agentBook((text) => text);
          const table = textTable();
          for (const agents of batches) expect(judged(book, table, agents)).toEqual(agents);
        },
      ),
    );
  });
});
