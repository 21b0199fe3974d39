import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../event/json.ts';
import { html, preformatted, render } from './html.ts';
import { prettyJson } from './pretty-json.ts';
import { hostileStrings } from './testing/sample.ts';

const unseen = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('html', () => {
  it.each([
    ['<b>', '&lt;b&gt;'],
    ['&amp;', '&amp;amp;'],
    [`"'\``, '&quot;&#39;&#96;'],
    ['invoice\u202egnp.exe', 'invoice\\u202egnp.exe'],
    ['a\u0000b\u001b[2J', 'a\\x00b\\x1b[2J'],
    ['one\ntwo', 'one\ntwo'],
    ['\ud800', '\\ud800'],
  ])('prints %j as %j', (text, printed) => expect(render(html`${text}`)).toBe(printed));

  it('prints markup of its own as it is, lists one after the other, and nothing for undefined and false', () => {
    const items = ['a<', 'b'].map((each) => html`<li>${each}</li>`);
    const inner = html`${items}${undefined}${false}${0}`;
    expect(render(inner)).toBe('<li>a&lt;</li><li>b</li>0');
  });

  it('takes nothing from JSON for markup', () => {
    const forged: unknown = JSON.parse('{"html":"<b>","Symbol(html)":"<b>"}');
    // A caller that breaks the types still gets no markup in.
    const text = render(html`${forged as string[]}`);
    expect(text).not.toContain('<b>');
  });

  it('lets no text out of an element or a quoted attribute, and shows what is invisible', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostileStrings)), (text) => {
        const printed = render(html`${text}`);
        expect(printed).not.toMatch(/[<>"'`]/);
        expect(printed).not.toMatch(unseen);
        expect(printed.replace(/&(?:amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&');
      }),
    );
  });
});

describe('prettyJson', () => {
  it('writes JSON on lines', () => {
    const { text, whole } = prettyJson({ a: [1, 'x', null, true], b: {}, c: [] }, 1000);
    expect(text).toBe(JSON.stringify({ a: [1, 'x', null, true], b: {}, c: [] }, null, 2));
    expect(whole).toBe(true);
  });

  it('escapes what a browser would not draw, so that it is seen and stays JSON', () => {
    const value = { 'k\u202ey': 'gnp.\u202etxt\u200b \u{e0041}' };
    const { text } = prettyJson(value, 1000);
    expect(text).toContain('k\\u202ey');
    expect(text).toContain('\\udb40\\udc41');
    expect(JSON.parse(text)).toEqual(value);
  });

  it('means the same as JSON.stringify for any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { text, whole } = prettyJson(value, 10_000_000);
        expect(whole).toBe(true);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(render(preformatted(text))).not.toMatch(unseen);
      }),
    );
  });

  it('stays within its room, whatever it is given', () => {
    let deep: Json = 1;
    for (let i = 0; i < 50_000; i++) deep = [deep];
    for (const value of [
      deep,
      'x'.repeat(1_000_000),
      Array.from({ length: 100_000 }, () => 'y'),
      { ['k'.repeat(5000)]: 1 },
    ]) {
      const { text, whole } = prettyJson(value, 1000);
      expect(whole).toBe(false);
      // Escapes may make one last piece longer than it was; the ellipsis adds one.
      expect(text.length).toBeLessThanOrEqual(1001);
    }
  });
});
