import * as z from 'zod';
import { healthRules, type HealthRule } from '../alert/health/health-alert.ts';
import { keyOf, subjectKinds, type Subject } from '../alert/health/silence.ts';
import type { OpenTrouble } from '../alert/health/troubles.ts';
import type { Json } from '../event/json.ts';
import type { StateChange } from '../sigma/correlation/state.ts';

/** What is remembered of health, over restarts. */
export interface HealthState {
  readonly subjects: Map<string, Subject>;
  /** Told and not over. */
  open: readonly OpenTrouble[];
  /** When each rule fired last, in milliseconds since the epoch. */
  readonly fired: Map<string, number>;
  /** When watching began, when somebody last watched, and for how long nobody did in between. */
  watch: { readonly since: number; readonly at: number; readonly pausedMs: number };
}

const prefix = 'health/';
const watchKey = `${prefix}watch`;
const openKey = `${prefix}open`;
const firedKey = `${prefix}fired`;
const subjectPrefix = `${prefix}subject/`;

const number = z.number();
const subjectSchema = z.object({
  kind: z.enum(subjectKinds),
  name: z.string(),
  parent: z.string().optional(),
  firstSeen: number,
  lastSeen: number,
  newestEvent: number,
  pausedMs: number,
  signs: number,
  gaps: z.array(number).length(168),
  week: number,
  beatMs: number.optional(),
  alertId: z.string().optional(),
});
const openSchema = z.array(
  z.object({
    rule: z.enum(Object.keys(healthRules) as [HealthRule, ...HealthRule[]]),
    subject: z.string(),
    since: number,
    alertId: z.string(),
    title: z.string(),
  }),
);
const watchSchema = z.object({ since: number, at: number, pausedMs: number });

/** What the store's state says of health; what cannot be read is learned again. */
export function readHealthState(
  entries: readonly { readonly key: string; readonly value: Json }[],
): HealthState | undefined {
  const subjects = new Map<string, Subject>();
  let watch: HealthState['watch'] | undefined;
  let open: readonly OpenTrouble[] = [];
  let fired = new Map<string, number>();
  for (const { key, value } of entries) {
    if (!key.startsWith(prefix)) continue;
    if (key === watchKey) watch = watchSchema.safeParse(value).data;
    else if (key === openKey) open = openSchema.safeParse(value).data ?? [];
    else if (key === firedKey)
      fired = new Map(Object.entries(z.record(z.string(), number).safeParse(value).data ?? {}));
    else if (key.startsWith(subjectPrefix)) {
      const subject = subjectSchema.safeParse(value).data;
      if (subject !== undefined) subjects.set(keyOf(subject), subject);
    }
  }
  return watch && { subjects, open, fired, watch };
}

export function subjectChange(key: string, subject: Subject | undefined): StateChange {
  return { key: `${subjectPrefix}${key}`, value: subject && plain(subject) };
}

/** The rest, as it is now. */
export function watchChanges({ watch, open, fired }: HealthState): readonly StateChange[] {
  return [
    { key: watchKey, value: { ...watch } },
    { key: openKey, value: open.map((one) => ({ ...one })) },
    { key: firedKey, value: Object.fromEntries(fired) },
  ];
}

function plain({ parent, alertId, beatMs, gaps, ...rest }: Subject): Json {
  return {
    ...rest,
    gaps: [...gaps],
    ...(parent !== undefined && { parent }),
    ...(alertId !== undefined && { alertId }),
    ...(beatMs !== undefined && { beatMs }),
  };
}
