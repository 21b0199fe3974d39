import type { DeadPage } from '../store/store.ts';
import type { ChannelStatus } from './channels.ts';
import { html, type Html } from './html.ts';
import { layout, relativeTime, severityChip, type Frame } from './layout.ts';

const stateWords: Readonly<Record<ChannelStatus['state'], string>> = {
  closed: 'Works',
  open: 'Fails: nothing is sent for a while',
  'half-open': 'Tries whether the receiver is back',
};

export interface ChannelsView {
  readonly channels: readonly (ChannelStatus & { readonly owed: number })[];
  /** Deliveries owed to channels that are no longer configured, by name. */
  readonly gone: Readonly<Record<string, number>>;
  readonly dead: DeadPage;
  /** Only of this channel. */
  readonly channel: string | undefined;
  /** How many were handled just now. */
  readonly handled: number | undefined;
  readonly now: number;
}

/** How channels do, and what could not be delivered: `/channels`. */
export function channelsPage(frame: Frame, view: ChannelsView): Html {
  const { channels, gone, handled } = view;
  return layout(frame, {
    title: 'Channels · Tocsin',
    at: '/channels',
    keys: [
      ['j', 'Next alert'],
      ['k', 'Previous alert'],
      ['Enter', 'Open the alert'],
      ['t', 'Try the chosen again'],
    ],
    main: html`<h1>Channels</h1>
      ${
        handled !== undefined &&
        html`<div class="card note outcome" role="status">
          <p><b>${handled === 1 ? '1 delivery' : `${handled} deliveries`}</b> changed.</p>
        </div>`
      }
      ${channels.length === 0 ? noChannels() : channelTable(view)}
      ${
        Object.keys(gone).length > 0 &&
        html`<p class="quiet-line">
          Owed to channels that are no longer configured:
          ${Object.entries(gone)
            .map(([name, count]) => `${count} to ${name}`)
            .join(', ')}.
        </p>`
      }
      ${deadLetters(view)}`,
  });
}

function noChannels(): Html {
  return html`<div class="card empty">
    <h2>No channel is configured</h2>
    <p>
      Alerts stand in the list and are told to nobody. Name a channel under <code>channels</code> in the
      configuration, such as Slack, PagerDuty, e-mail or a webhook;
      <code>tocsin channels test NAME</code> sends a sample and shows the answer.
    </p>
  </div>`;
}

function channelTable({ channels, now }: ChannelsView): Html {
  return html`<div class="card ledger flush scrolls" tabindex="0" role="region" aria-label="Channels">
    <table class="assets">
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">State</th>
          <th scope="col" class="number">Owed</th>
          <th scope="col">Last failure</th>
        </tr>
      </thead>
      <tbody>
        ${channels.map(
          ({ name, type, state, failuresInRow, failingSince, owed, reason }) =>
            html`<tr>
              <th scope="row">${name} <small>${type}</small></th>
              <td>
                <span class="${failuresInRow > 0 ? 'state-dead' : 'state-delivered'}"
                  ><span aria-hidden="true">${failuresInRow > 0 ? '✕' : '✓'}</span>
                  ${failuresInRow > 0 && state === 'closed' ? 'Failed last' : stateWords[state]}</span
                >
                ${failingSince !== undefined && html`<small>since ${relativeTime(failingSince, now)}, ${failuresInRow} in a row</small>`}
              </td>
              <td class="number">${owed}</td>
              <td>${reason ?? html`<small>none</small>`}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** One form for all of them: what is chosen is tried again or dropped, or all of one channel. */
function deadLetters({ dead, channel, channels, now }: ChannelsView): Html {
  const here = channel === undefined ? '' : `?${new URLSearchParams({ channel }).toString()}`;
  const names = [
    ...new Set([...channels.map(({ name }) => name), ...dead.deliveries.map((one) => one.channel)]),
  ];
  if (dead.deliveries.length === 0)
    return html`<section class="card ledger" id="dead">
      <h2>Could not be delivered</h2>
      <p>
        Nothing${channel !== undefined && html` of <b>${channel}</b>`}. What a receiver refuses for good, or
        does not take for a day, comes to stand here with the reason, until somebody tries it again or drops
        it.
      </p>
      ${channel !== undefined && html`<p><a href="/channels">All channels</a></p>`}
    </section>`;
  return html`<section class="card ledger" id="dead">
    <h2>Could not be delivered</h2>
    ${channel !== undefined && html`<p>Only <b>${channel}</b>; <a href="/channels#dead">all channels</a></p>`}
    <form class="dead" method="post" action="/channels${here}">
      <ul class="dead-letters">
        ${dead.deliveries.map(
          ({ id, channel: name, alert, attempts, reason, diedAt, history }) =>
            html`<li data-alert="${alert.id}">
              <input
                type="checkbox"
                name="id"
                value="${id}"
                id="dead-${id}"
                aria-label="Choose ${alert.title} to ${name}"
              />
              <div>
                <p>
                  ${severityChip(alert.severity)}
                  <a class="open" href="/alerts/${alert.id}">${alert.title}</a>
                </p>
                <p>
                  <small
                    >to
                    <a href="/channels?${new URLSearchParams({ channel: name }).toString()}#dead">${name}</a>,
                    given up ${relativeTime(diedAt, now)} after
                    ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}${
                      history.length > 0 && html`; ${history.length} times tried again`
                    }</small
                  >
                </p>
                <p class="reason">${reason}</p>
              </div>
            </li>`,
        )}
      </ul>
      <div class="buttons">
        <button class="button" type="submit" name="do" value="replay" data-key="t">
          Try the chosen again
        </button>
        <button class="button" type="submit" name="do" value="drop">Drop the chosen</button>
      </div>
    </form>
    <form class="change" method="post" action="/channels${here}">
      <div class="pair">
        <label
          >All of
          <select name="channel">
            ${names.map((name) => html`<option value="${name}" ${name === (channel ?? dead.deliveries[0]?.channel) && html`selected`}>${name}</option>`)}
          </select>
        </label>
        <button class="button" type="submit" name="do" value="replay">Try all again</button>
      </div>
    </form>
    ${
      dead.next !== undefined &&
      html`<nav class="paging" aria-label="Pages">
        <a
          class="button"
          href="/channels?${new URLSearchParams({ ...(channel !== undefined && { channel }), cursor: dead.next }).toString()}#dead"
          >More</a
        >
      </nav>`
    }
  </section>`;
}
