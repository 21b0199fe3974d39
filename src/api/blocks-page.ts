import type { BlockPage, StoredAuditLine, StoredBlock, TargetState } from '../store/block-store.ts';
import { html, type Html } from './html.ts';
import { absoluteTime, layout, relativeTime, type Frame } from './layout.ts';

/** What is blocked now, why and for how long: `/blocks`. */
export function blocksPage(
  frame: Frame,
  view: {
    readonly page: BlockPage;
    readonly targets: readonly TargetState[];
    readonly audit: readonly StoredAuditLine[];
    readonly dryRun: boolean;
    readonly now: number;
  },
): Html {
  const { page, targets, audit, dryRun, now } = view;
  return layout(frame, {
    title: 'Blocks · Tocsin',
    at: '/blocks',
    keys: [],
    main: html`<h1>Blocks</h1>
      ${
        dryRun &&
        html`<p class="card note">
          This is a dry run: what stands here would be blocked. <code>blocking.mode: enforce</code> in the
          configuration blocks it.
        </p>`
      }
      ${
        page.blocks.length === 0
          ? html`<div class="card empty"><p>Nothing is blocked.</p></div>`
          : html`<div class="card ledger flush scrolls">
              <table class="assets">
                <thead>
                  <tr>
                    <th scope="col">Address</th>
                    <th scope="col">Why</th>
                    <th scope="col">Requests</th>
                    <th scope="col">Decided</th>
                    <th scope="col">Left</th>
                  </tr>
                </thead>
                <tbody>
                  ${page.blocks.map((block) => row(block, now))}
                </tbody>
              </table>
            </div>`
      }
      ${
        page.next !== undefined &&
        html`<nav class="paging" aria-label="Pages">
          <a class="button" href="/blocks?${new URLSearchParams({ cursor: page.next }).toString()}">More</a>
        </nav>`
      }
      ${targets.length > 0 && enforced(targets, now)} ${audit.length > 0 && log(audit)}`,
  });
}

function row(block: StoredBlock, now: number): Html {
  const [line] = block.evidence;
  return html`<tr>
    <th scope="row">${block.subject}</th>
    <td>
      ${block.reason}
      <small>${block.rule}${block.times > 1 && html`, for the ${block.times}. time`}</small>
      ${line && html`<small>${line.method} ${line.host}${line.target} ${line.status}</small>`}
    </td>
    <td>${block.count}</td>
    <td>${relativeTime(block.decidedAt, now)} <small>${block.decidedBy}</small></td>
    <td>${timeLeft(block.expiresAt - now)} <small>${absoluteTime(block.expiresAt)}</small></td>
  </tr>`;
}

function enforced(targets: readonly TargetState[], now: number): Html {
  return html`<section class="card ledger">
    <h2>Where they are enforced</h2>
    <ul class="targets">
      ${targets.map(
        ({ name, held, leftOut, confirmedAt }) =>
          html`<li>
            ${name}: ${held.length} of ours,
            ${confirmedAt === undefined ? 'never confirmed' : html`confirmed ${relativeTime(confirmedAt, now)}`}
            ${leftOut.length > 0 && html`<b>${leftOut.length} do not fit: ${leftOut.slice(0, 20).join(', ')}</b>`}
          </li>`,
      )}
    </ul>
  </section>`;
}

function log(lines: readonly StoredAuditLine[]): Html {
  return html`<section class="card ledger">
    <h2>What was done last</h2>
    <ol class="audit">
      ${lines.map(
        ({ action, subject, by, detail, time, phase, outcome }) =>
          html`<li>
            ${absoluteTime(time)}
            <span><b>${action} ${subject}</b> by ${by}: ${detail}</span>
            ${phase !== 'done' && html`<small>${phase}${outcome !== undefined && `: ${outcome}`}</small>`}
          </li>`,
      )}
    </ol>
    <p><a href="/v1/blocks/audit">The whole audit log</a></p>
  </section>`;
}

/** `3 h 59 min`, `12 min`, `40 s` */
function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [days, hours, minutes] = [
    Math.trunc(seconds / 86_400),
    Math.trunc(seconds / 3600) % 24,
    Math.trunc(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
