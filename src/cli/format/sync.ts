import { line } from '../../notify/safe-text.ts';
import type { SyncResult } from '../../respond/sync.ts';
import type { BlockingSync } from '../../runtime/blocking.ts';

const mostShown = 50;

/** What a sync did, or would do, target by target. */
export function renderSync({ troubles, results }: BlockingSync, dryRun: boolean): string {
  const lines = troubles.map(
    ({ reason, hasCopy }) =>
      `${line(reason, 500)}\n  ${hasCopy ? 'What it said before holds.' : 'It was never read; until it is, nothing more is blocked.'}`,
  );
  if (results.length === 0)
    lines.push(
      'No IP sets and no files are configured (blocking.waf, blocking.files, blocking.nginx): nothing to do.',
    );
  return [
    ...lines,
    ...results.flatMap(renderResult),
    ...(dryRun && results.length > 0
      ? ['This is a dry run: nothing was changed. blocking.mode: enforce in the configuration does it.']
      : []),
  ]
    .map((each) => `${each}\n`)
    .join('');
}

function renderResult(result: SyncResult): readonly string[] {
  const { target, outcome, reason, add, remove, foreign, cleared, leftOut } = result;
  const list = (what: string, networks: readonly string[]): readonly string[] =>
    networks.length === 0
      ? []
      : [
          ...networks.slice(0, mostShown).map((each) => `  ${what} ${each}`),
          ...(networks.length > mostShown ? [`  ... and ${networks.length - mostShown} more`] : []),
        ];
  const would = outcome === 'would-change' ? 'would ' : '';
  return [
    `${line(target, 200)}: ${words[outcome]}${reason === undefined ? '' : `: ${line(reason, 500)}`}`,
    ...list(`${would}add`, add),
    ...list(`${would}remove`, remove),
    ...list('approved addresses are taken out of', cleared),
    ...list('no room for', leftOut),
    ...(foreign.length === 0 ? [] : [`  ${foreign.length} entries of others stay`]),
  ];
}

const words: Readonly<Record<SyncResult['outcome'], string>> = {
  unchanged: 'is as it should be',
  changed: 'changed',
  'would-change': 'would be changed',
  busy: 'not done',
  failed: 'failed',
};
