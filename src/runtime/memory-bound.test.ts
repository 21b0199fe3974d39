import { describe, expect, it } from 'vitest';
import { createRelief, memoryBounds } from './memory-bound.ts';

const megabyte = 1024 * 1024;

/** A process that takes what it is told, all of it one heap where nothing else is said, and how often its garbage was collected, which leaves so much. */
function processWith(left: number) {
  const state = { resident: 0, heap: 0, collected: 0, time: 0 };
  const relieve = createRelief(
    { tight: 100, over: 120 },
    () => {
      state.collected++;
      state.resident = Math.min(state.resident, left);
      state.heap = Math.min(state.heap, left);
    },
    () => state.resident,
    () => state.time,
    () => state.heap * megabyte,
  );
  return {
    /** Whether that is too much, and how often it has been collected by then; so many milliseconds after it was last asked. */
    at: (resident: number, later = 2, heap = resident) => {
      state.resident = resident;
      state.heap = heap;
      state.time += later;
      return { over: relieve(), collected: state.collected };
    },
  };
}

describe('what memory a process may take', () => {
  it('leaves garbage alone where memory is not tight', () => {
    expect(processWith(50).at(99)).toEqual({ over: false, collected: 0 });
  });

  it('collects garbage each time that memory is tight', () => {
    const { at } = processWith(50);
    expect(at(100)).toEqual({ over: false, collected: 1 });
    expect(at(60)).toEqual({ over: false, collected: 1 });
    expect(at(110)).toEqual({ over: false, collected: 2 });
  });

  it('asks the system at most every two milliseconds, for that is slow', () => {
    const { at } = processWith(50);
    expect(at(60)).toEqual({ over: false, collected: 0 });
    expect(at(100, 1)).toEqual({ over: false, collected: 0 });
    expect(at(100, 1)).toEqual({ over: false, collected: 1 });
  });

  it('does not collect again what is in use, until there is more of it', () => {
    const { at } = processWith(110);
    expect(at(110)).toEqual({ over: false, collected: 1 });
    expect(at(113)).toEqual({ over: false, collected: 1 });
    expect(at(114)).toEqual({ over: false, collected: 2 });
  });

  it('collects at the first sign again once a thread that ended has given memory back', () => {
    const { at } = processWith(110);
    expect(at(110, 2, 60).collected).toBe(1);
    expect(at(90, 2, 60).collected).toBe(1);
    expect(at(101, 2, 64).collected).toBe(2);
  });

  it('does not collect for memory that is not its own heap, unless there is far too much', () => {
    const { at } = processWith(90);
    expect(at(110, 2, 50).collected).toBe(1);
    expect(at(95, 2, 50).collected).toBe(1);
    expect(at(110, 2, 53).collected).toBe(1);
    expect(at(119, 2, 53).collected).toBe(1);
    expect(at(120, 2, 53)).toEqual({ over: false, collected: 2 });
    expect(at(110, 2, 57).collected).toBe(3);
  });

  it('tells that there is a thread too many where so much is in use', () => {
    const { at } = processWith(125);
    expect(at(130)).toEqual({ over: true, collected: 1 });
    expect(at(126)).toEqual({ over: false, collected: 1 });
  });

  it('keeps two threads below 200 MB, and adds 40 MB for each more', () => {
    const two = memoryBounds(2, 110 * megabyte);
    expect(memoryBounds(1, 110 * megabyte)).toEqual(two);
    expect(two.tight).toBeLessThan(two.over);
    expect(two.over).toBeLessThan(190 * megabyte);
    expect(memoryBounds(4, 110 * megabyte).over - two.over).toBe(80 * megabyte);
  });

  it('gives a process room that takes more than that before it begins', () => {
    expect(memoryBounds(2, 300 * megabyte).tight).toBeGreaterThan(350 * megabyte);
  });

  it('can collect garbage in every Node that runs this', () => {
    // All that there is is over such bounds.
    expect(createRelief({ tight: 1, over: 1 })()).toBe(true);
    expect(createRelief({ tight: 1, over: Number.POSITIVE_INFINITY })()).toBe(false);
  });
});
