import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestsOf } from '../testing/requests.ts';
import { agentBook, agentBytes } from './agent-book.ts';

describe('the book of agents', () => {
  it('judges an agent once', () => {
    const book = agentBook((text) => `judged ${text}`);
    const requests = requestsOf([{ agent: 'a' }, { agent: 'b' }, { agent: 'a' }, { agent: '' }]);
    const pages = [0, 1, 2, 3].map((row) => book.pageOf(requests, row));
    expect(pages[2]).toBe(pages[0]);
    expect(pages[3]).toBe(-1);
    expect(book.judgementAt(pages[1] ?? -1)).toBe('judged b');
    expect(book.counters.judged).toBe(2);
    expect(book.pageOf(requestsOf([{ agent: 'a' }]), 0)).toBe(pages[0]);
  });

  it('undoes what the log did to the agent', () => {
    const book = agentBook((text) => text);
    const judged = (agent: string, escaping: 'percent' | 'backslash' | 'none'): string | undefined =>
      book.judgementAt(book.pageOf(requestsOf([{ agent }], { escaping }), 0));
    expect(judged('Mozilla/5.0%20(X11)', 'percent')).toBe('Mozilla/5.0 (X11)');
    expect(judged('Mozilla/5.0%20(X11)', 'none')).toBe('Mozilla/5.0%20(X11)');
    expect(judged('a\\"b', 'backslash')).toBe('a"b');
  });

  it('looks at the beginning of an agent without end', () => {
    const book = agentBook((text) => text.length);
    const requests = requestsOf([
      { agent: 'a'.repeat(agentBytes) },
      { agent: 'a'.repeat(100_000) },
      { agent: 'a'.repeat(agentBytes - 1) },
    ]);
    expect([0, 1, 2].map((row) => book.judgementAt(book.pageOf(requests, row)))).toEqual([
      agentBytes,
      agentBytes,
      agentBytes - 1,
    ]);
  });

  it('answers as one that remembers nothing, however small it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', 'é') })),
        (agents) => {
          const book = agentBook((text) => text, undefined, { capacity: 8 });
          const requests = requestsOf(agents.map((agent) => ({ agent })));
          for (const [row, agent] of agents.entries())
            expect(book.judgementAt(book.pageOf(requests, row))).toBe(agent);
        },
      ),
    );
  });
});
