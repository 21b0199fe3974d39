import { describe, expect, it } from 'vitest';
import { render } from './html.ts';
import { rulesPage } from './rules-page.ts';

const frame = { assets: { style: '', script: '', icon: '' }, version: '1' };

describe('the page of rules', () => {
  it.each([
    [true, 'Alerts are those of the last 7 days, of which the latest 5000 were counted. Judged'],
    [false, 'Alerts are those of the last 7 days. Judged'],
  ])('says which alerts it has counted, where there are more: %s', (isCut, words) => {
    const page = rulesPage(frame, { rows: [], days: 7, isCut, counted: 5_000, never: undefined });
    expect(render(page).replaceAll(/\s+/g, ' ')).toContain(words);
  });
});
