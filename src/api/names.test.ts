import { describe, expect, it } from 'vitest';
import { quote } from '../facts/sentence.ts';
import { render } from './html.ts';
import { withNames } from './names.ts';

describe('a sentence on a page', () => {
  it.each([
    ['shows names as code', 'Anyone can read `invoices`.', 'Anyone can read <code>invoices</code>.'],
    ['shows several', '`a` and `b`', '<code>a</code> and <code>b</code>'],
    ['stays as it is without names', 'Nothing to see.', 'Nothing to see.'],
    ['stays as it is where backticks do not pair', 'a ` b', 'a &#96; b'],
    ['escapes names', '`<b>`', '<code>&lt;b&gt;</code>'],
    ['lets no name end its own quotes', quote('x`<script>'), '<code>x\u{fffd}&lt;script&gt;</code>'],
  ])('%s', (_name, text, expected) => {
    expect(render(withNames(text)).trim()).toBe(expected);
  });
});
