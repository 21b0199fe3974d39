import { html, type Html } from './html.ts';

/** Preformatted text with a button, which the page's script shows, that copies it. `label` names it for screen readers. */
export function copyable(text: Html, label: string): Html {
  return html`<div class="code" data-copy>
    <pre tabindex="0" role="region" aria-label="${label}"><code>${text}</code></pre>
    <button type="button" class="copy" hidden>Copy</button>
  </div>`;
}
