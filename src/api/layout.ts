import type { Severity } from '../event/severity.ts';
import type { Assets } from './assets.ts';
import { html, type Html, type Piece } from './html.ts';
import { ago, clock, iso, shortDay } from './time.ts';

/** The pages that every page leads to, and what else is served here. */
const places = [
  ['/', 'Alerts'],
  ['/incidents', 'Incidents'],
  ['/rules', 'Rules'],
  ['/suppressions', 'Suppressions'],
  ['/channels', 'Channels'],
  ['/traffic', 'Traffic'],
  ['/blocks', 'Blocks'],
  ['/assets', 'Assets'],
  ['/openapi.json', 'API'],
  ['/metrics', 'Metrics'],
] as const;

export type Place = (typeof places)[number][0];

export interface Frame {
  readonly assets: Assets;
  readonly version: string;
}

/**
 * The shell around every page. `keys` are the page's own keyboard shortcuts; `at` is the place that the page is, or is a part of, which the
 * menu shows.
 */
export function layout(
  frame: Frame,
  page: {
    readonly title: string;
    readonly at?: Place;
    readonly main: Piece;
    readonly keys: readonly (readonly [string, string])[];
  },
): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title}</title>
        <link rel="icon" type="image/svg+xml" href="${frame.assets.icon}" />
        <link rel="stylesheet" href="${frame.assets.style}" />
        <script src="${frame.assets.script}" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <div class="wide">
            <a class="brand" href="/"
              ><img src="${frame.assets.icon}" width="26" height="26" alt="" />Tocsin</a
            >
            <nav aria-label="Site">
              ${places.map(
                ([path, name]) =>
                  html`<a href="${path}" ${path === page.at ? html`aria-current="true"` : ''}>${name}</a>`,
              )}
            </nav>
            <button type="button" class="quiet" data-open-keys hidden><kbd>?</kbd> Keys</button>
          </div>
        </header>
        <main id="main" class="wide" tabindex="-1">${page.main}</main>
        <footer class="wide foot"><span>Tocsin ${frame.version}</span><span>All times in UTC</span></footer>
        <dialog class="keys" aria-labelledby="keys-title" data-keys>
          <h2 id="keys-title">Keys</h2>
          <dl>
            ${[...page.keys, ['?', 'Show these keys'] as const, ['Esc', 'Close this'] as const].map(
              ([key, meaning]) =>
                html`<div>
                  <dt><kbd>${key}</kbd></dt>
                  <dd>${meaning}</dd>
                </div>`,
            )}
          </dl>
          <form method="dialog"><button type="submit" class="button">Close</button></form>
        </dialog>
      </body>
    </html>`;
}

export const severityWord: Readonly<Record<Severity, string>> = {
  informational: 'Info',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

export function severityChip(severity: Severity): Html {
  return html`<span class="chip sev-${severity}">${severityWord[severity]}</span>`;
}

/** `5 min ago`, with the moment itself on hover; the page's script keeps it true. */
export function relativeTime(time: number, now: number): Html {
  const machine = iso(time);
  if (machine === undefined) return html`<span>unknown time</span>`;
  return html`<time datetime="${machine}" title="${machine}" data-relative>${ago(time, now)}</time>`;
}

/** `21 Nov 2026 07:41 UTC`, to the millisecond on hover. */
export function absoluteTime(time: number): Html {
  const machine = iso(time);
  if (machine === undefined) return html`<span>unknown time</span>`;
  return html`<time datetime="${machine}" title="${machine}">${shortDay(time)} ${clock(time)}</time>`;
}

/** A page for an answer that is none. */
export function errorPage(frame: Frame, problem: { readonly title: string; readonly detail: string }): Html {
  return layout(frame, {
    title: `${problem.title} · Tocsin`,
    keys: [],
    main: html`<div class="card empty">
      <h1>${problem.title}</h1>
      <p>${problem.detail}</p>
      <p><a class="button" href="/">All alerts</a></p>
    </div>`,
  });
}
