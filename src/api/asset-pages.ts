import { isDeleted, type Asset, type Moment } from '../facts/assets/asset.ts';
import { describeAspects } from '../facts/assets/describe.ts';
import type { AssetPage } from '../store/store.ts';
import { html, type Html, type Piece } from './html.ts';
import { absoluteTime, layout, relativeTime, type Frame } from './layout.ts';

export interface AssetFilters {
  readonly type?: string | undefined;
  readonly account?: string | undefined;
  readonly text?: string | undefined;
}

/** The list of remembered assets: `/assets`. */
export function assetListPage(
  frame: Frame,
  view: { readonly page: AssetPage; readonly filters: AssetFilters; readonly now: number },
): Html {
  const { page, filters, now } = view;
  return layout(frame, {
    title: 'Assets · Tocsin',
    at: '/assets',
    keys: [],
    main: html`<h1>Assets</h1>
      <form class="asset-search" action="/assets" method="get" role="search">
        ${field('text', 'Name, id or ARN', filters.text)} ${field('type', 'Type', filters.type)}
        ${field('account', 'Account', filters.account)}
        <button type="submit" class="button">Search</button>
      </form>
      ${
        page.assets.length === 0
          ? html`<div class="card empty">
              <p>
                Nothing is remembered
                ${isFiltered(filters) ? 'that fits.' : 'yet: what calls say of buckets, users, groups and others stands here once events come.'}
              </p>
            </div>`
          : html`<div class="card scrolls">
              <table class="assets">
                <thead>
                  <tr>
                    <th scope="col">Asset</th>
                    <th scope="col">Type</th>
                    <th scope="col">Account</th>
                    <th scope="col">Made by</th>
                    <th scope="col">Last heard of</th>
                  </tr>
                </thead>
                <tbody>
                  ${page.assets.map(
                    (asset) =>
                      html`<tr>
                        <th scope="row"><a href="${assetPath(asset)}">${asset.name}</a></th>
                        <td>
                          <a href="${listAddress({ ...filters, type: asset.type })}">${asset.type}</a
                          >${isDeleted(asset) && html` <small>deleted</small>`}
                        </td>
                        <td>${asset.account ?? 'unknown'}</td>
                        <td>${asset.created?.by ?? 'not seen'}</td>
                        <td>${relativeTime(asset.lastSeen, now)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
      ${
        page.next !== undefined &&
        html`<nav class="paging" aria-label="Pages">
          <a class="button" href="${listAddress({ ...filters, cursor: page.next })}">More</a>
        </nav>`
      }`,
  });
}

function isFiltered(filters: AssetFilters): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}

function field(name: keyof AssetFilters, label: string, value: string | undefined): Html {
  return html`<label>${label} <input type="search" name="${name}" value="${value ?? ''}" /></label>`;
}

function listAddress(filters: AssetFilters & { readonly cursor?: string | undefined }): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(filters) as [string, string | undefined][])
    if (value !== undefined && value !== '') parameters.set(name, value);
  return `/assets?${parameters.toString()}`;
}

function assetPath({ type, id }: Asset): string {
  return `/asset?${new URLSearchParams({ type, id }).toString()}`;
}

/** One asset with its history: `/asset`. */
export function assetPage(frame: Frame, asset: Asset): Html {
  return layout(frame, {
    title: `${asset.name} · Tocsin`,
    at: '/assets',
    keys: [],
    main: html`<nav class="back" aria-label="Back"><a href="/assets">← All assets</a></nav>
      <article>
        <header class="card lead">
          <p class="over">${asset.type}${isDeleted(asset) && html` <b>deleted</b>`}</p>
          <h1>${asset.name}</h1>
        </header>
        <section class="card">
          <h2>What it is</h2>
          ${rows([
            ['ARN', asset.arn],
            ['Id', asset.id !== asset.name && asset.id],
            ['Account', asset.account ?? 'unknown'],
            ['Region', asset.region],
            ['Made', asset.created && byWhom(asset.created)],
            ['Deleted', asset.deleted && byWhom(asset.deleted)],
            ['First heard of', absoluteTime(asset.firstSeen)],
            ['Last heard of', absoluteTime(asset.lastSeen)],
            ['As JSON', html`<a href="/v1${assetPath(asset)}">/v1/asset</a>`],
          ])}
        </section>
        ${
          Object.keys(asset.aspects).length > 0 &&
          html`<section class="card">
            <h2>What is known of it</h2>
            ${rows(
              describeAspects(asset).map(
                ({ name, lines }) =>
                  [
                    name,
                    html`<ul class="targets">
                      ${lines.map((line) => html`<li>${line}</li>`)}
                    </ul>`,
                  ] as const,
              ),
            )}
          </section>`
        }
        <section class="card">
          <h2>What was done to it</h2>
          ${
            asset.history.length === 0
              ? html`<p>Nothing that was seen: a look at the account found it.</p>`
              : html`<ol class="timeline">
                  ${asset.history.map((moment) => html`<li><b>${moment.action}</b> ${byWhom(moment)}</li>`)}
                </ol>`
          }
        </section>
      </article>`,
  });
}

function byWhom({ by, principal, time, event }: Moment): Html {
  return html`by ${by}${principal !== undefined && principal !== by && html` <small>${principal}</small>`},
  ${absoluteTime(time)}${event !== '' && html` <small>event ${event}</small>`}`;
}

function rows(entries: readonly (readonly [string, Piece])[]): Html {
  return html`<dl class="rows">
    ${entries
      .filter(([, value]) => value !== undefined && value !== false && value !== '')
      .map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
  </dl>`;
}
