import { describe, expect, it } from 'vitest';
import { sparkline } from './sparkline.ts';

const screen = { interactive: true, colour: false, width: 80 };
const file = { interactive: false, colour: false, width: 80 };

describe('a sparkline', () => {
  it.each([
    ['nothing', [], '', ''],
    ['only zeros', [0, 0], '  ', '  '],
    ['what is not known', [null, 1], ' █', ' @'],
    ['little beside much', [1, 1_000_000], '▁█', '.@'],
    ['all alike', [7, 7], '██', '@@'],
    ['a rise', [0, 2, 4, 6, 8], ' ▃▅▇█', ' -+#@'],
  ])('of %s', (_name, values, onScreen, inFile) => {
    expect(sparkline(values, screen)).toBe(onScreen);
    expect(sparkline(values, file)).toBe(inFile);
  });
});
