import type { Alert } from '../alert/alert.ts';
import { compilePolicy, type AlertPolicy } from '../alert/policy.ts';
import type { Known } from '../facts/known.ts';
import type { Blocker, OffenceVerdict } from '../respond/blocker.ts';
import type { BlockStore } from '../store/block-store.ts';
import type { Commit } from '../store/store.ts';
import type { Block } from '../web/block.ts';
import type { Offence } from '../web/offence.ts';
import { offenceAlert, refusalAlert, type RaisedAlert } from '../web/raise-offence.ts';
import { isWorthTelling } from '../web/would-block.ts';
import type { OffenceTreatment } from './traffic-settings.ts';

export interface ConcludeOptions {
  readonly blocker: Pick<Blocker, 'take' | 'dryRun'>;
  readonly blocks: Pick<BlockStore, 'list'>;
  readonly treatment: OffenceTreatment;
  readonly policy: AlertPolicy;
  readonly known: Known;
  readonly channelsFor: (alert: Alert) => Commit['alerts'][number]['channels'];
  /** Brings new blocks outside. */
  readonly nudge: () => void;
  readonly clock: () => number;
  /** Told of each verdict. */
  readonly onVerdict: (verdict: OffenceVerdict) => void;
}

/** Nobody is told of what ended longer ago: logs of the past were read, and it is kept to be looked at. */
const newsMs = 24 * 3_600_000;

/**
 * What follows from offences: blocks, which are written into the ledger now, and alerts, which are for the caller to store. Doing it twice, as
 * after a process died in between, changes nothing: a block rests on an offence once, and an alert has its identity.
 */
export function offenceConcluder(
  options: ConcludeOptions,
): (offences: readonly Offence[]) => Promise<Commit['alerts']> {
  const { blocker, treatment, clock } = options;
  const judge = compilePolicy(options.policy, options.known);

  /** The block that an offender is under, where there is one. */
  async function blockOf({ offence, verdict }: OffenceVerdict): Promise<Block | undefined> {
    if (verdict.type !== 'refuse') return verdict.block;
    if (verdict.why !== 'told-before' || !treatment.alerts(offence)) return undefined;
    const { blocks } = await options.blocks.list({
      subject: verdict.subject,
      state: 'active',
      now: clock(),
      limit: 1,
    });
    return blocks[0];
  }

  const owed = ({ alert, rule }: RaisedAlert, told: boolean): Commit['alerts'][number] => {
    const judged = judge(alert, rule, undefined);
    return { alert: judged, channels: told ? options.channelsFor(judged) : [], grows: true };
  };

  return async (offences) => {
    const now = clock();
    const judged = offences.map(treatment.judged);
    const verdicts = await blocker.take(judged.filter(treatment.blocks), now);
    if (verdicts.some(({ verdict }) => verdict.type !== 'refuse')) options.nudge();
    for (const verdict of verdicts) options.onVerdict(verdict);
    const byOffence = new Map(verdicts.map((verdict) => [verdict.offence, verdict]));
    const moment = { receivedAt: now, decidedAt: now };
    const alerts: Commit['alerts'][number][] = [];
    for (const offence of judged) {
      const isNews = offence.last >= now - newsMs;
      const verdict = byOffence.get(offence);
      if (treatment.alerts(offence)) {
        const raised = offenceAlert(offence, moment);
        const block = verdict && (await blockOf(verdict));
        alerts.push(owed(block === undefined ? raised : withBlock(raised, block, blocker.dryRun), isNews));
      }
      if (verdict?.verdict.type === 'refuse' && isWorthTelling(verdict.verdict.why)) {
        const { why, subject, detail } = verdict.verdict;
        alerts.push(
          owed(refusalAlert(offence, { subject, rule: offence.rule, why, detail }, moment), isNews),
        );
      }
    }
    return alerts;
  };
}

function withBlock({ alert, rule }: RaisedAlert, block: Block, dryRun: boolean): RaisedAlert {
  const until = `until ${new Date(block.expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC, and longer while it goes on`;
  const explanation = dryRun
    ? `\`${block.subject}\` would be blocked ${until}: blocking is a dry run.`
    : `\`${block.subject}\` is blocked ${until}.`;
  return { rule, alert: { ...alert, facts: [{ explanation, unknowns: [] }] } };
}
