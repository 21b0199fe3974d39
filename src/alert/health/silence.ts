import { faded, hourOf, nextBeat, noGaps, usualGap, weekOf, withGap, type Gaps } from './rhythm.ts';

export const subjectKinds = ['source', 'worker', 'account', 'region'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/** Something that is heard of now and then, and when. Plain data; times in milliseconds since the epoch. */
export interface Subject {
  readonly kind: SubjectKind;
  /** `file`, `s3://bucket`, `111122223333`, `111122223333/eu-west-1` */
  readonly name: string;
  /** Key of what it is heard of through: the source or worker of an account, the account of a region. */
  readonly parent?: string | undefined;
  readonly firstSeen: number;
  /** By the server's clock. */
  readonly lastSeen: number;
  /** By the event's own clock, never later than it was received. */
  readonly newestEvent: number;
  /** How long nobody had listened in all when it was last heard of. */
  readonly pausedMs: number;
  /** In how many minutes of the clock it was heard of. */
  readonly signs: number;
  readonly gaps: Gaps;
  /** Nine of ten gaps are shorter, about; undefined before there was one. */
  readonly beatMs?: number | undefined;
  /** The week that the gaps were last faded in. */
  readonly week: number;
  /** The alert that tells of its being silent. */
  readonly alertId?: string | undefined;
}

export interface SilenceSettings {
  /** How long something must be known before it is missed. */
  readonly learningMs: number;
  /** Nothing is missed sooner. */
  readonly floorMs: number;
  /** How many times its longest usual gap may be exceeded. */
  readonly tolerance: number;
  /** Names of what may go silent; an account's regions go with it. */
  readonly expected: ReadonlySet<string>;
}

/** A sign of life. */
export interface Sign {
  readonly kind: SubjectKind;
  readonly name: string;
  readonly parent?: string | undefined;
  /** Event time of the newest event. */
  readonly newestEvent: number;
  /** By the server's clock. */
  readonly at: number;
}

const minuteMs = 60_000;
/** A rhythm of fewer beats is none. */
const fewestSigns = 10;
/** Events older than this say nothing of the present: somebody reads old logs. */
const oldMs = 24 * 3_600_000;

export function keyOf({ kind, name }: Pick<Subject, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

/**
 * What is known of a subject after a sign of life; the same object where it says nothing new, such as events that are older than one that
 * was there before.
 * @param pausedMs for how long nobody has listened in all
 */
export function heard(
  before: Subject | undefined,
  sign: Sign,
  pausedMs: number,
  settings: SilenceSettings,
): Subject | undefined {
  const { kind, name, parent, at } = sign;
  const newestEvent = Math.min(sign.newestEvent, at);
  if (at - newestEvent > oldMs) return before;
  if (before === undefined)
    return {
      kind,
      name,
      parent,
      firstSeen: at,
      lastSeen: at,
      newestEvent,
      pausedMs,
      signs: 1,
      gaps: noGaps,
      week: weekOf(at),
    };
  if (newestEvent <= before.newestEvent || at < before.lastSeen) return before;
  const lengthMs = silenceOf(before, at, pausedMs);
  const week = weekOf(at);
  const isBeat = lengthMs >= minuteMs;
  // What was an outage is not taken for usual all at once.
  const most = before.alertId === undefined ? undefined : (hour: number) => limitAt(before, hour, settings);
  return {
    ...before,
    parent,
    lastSeen: at,
    newestEvent,
    pausedMs,
    // Not by the gaps: what never has one of a minute must be missed most of all.
    signs: before.signs + (minuteOf(at) > minuteOf(before.lastSeen) ? 1 : 0),
    beatMs: isBeat ? nextBeat(before.beatMs, lengthMs) : before.beatMs,
    gaps: withGap(faded(before.gaps, week - before.week), { from: before.lastSeen, to: at, lengthMs }, most),
    week,
    alertId: undefined,
  };
}

function minuteOf(time: number): number {
  return Math.floor(time / minuteMs);
}

/** For how long somebody listened and heard nothing, in milliseconds. */
export function silenceOf(subject: Subject, now: number, pausedMs: number): number {
  return Math.max(0, now - subject.lastSeen - (pausedMs - subject.pausedMs));
}

/** How long the silence may last at this time of the week, in milliseconds. */
export function limitOf(subject: Subject, now: number, settings: SilenceSettings): number {
  return limitAt(subject, hourOf(now), settings);
}

function limitAt(
  { gaps, beatMs = 0 }: Subject,
  hour: number,
  { floorMs, tolerance }: SilenceSettings,
): number {
  return Math.max(floorMs, Math.max(beatMs, usualGap(gaps, hour)) * tolerance);
}

export type SubjectState = 'expected' | 'learning' | 'heard' | 'silent';

/** How a subject stands by itself, whatever becomes of what it is heard through. */
export function stateOf(
  subject: Subject,
  now: number,
  pausedMs: number,
  settings: SilenceSettings,
): SubjectState {
  if (isExpected(subject, settings)) return 'expected';
  const known = subject.lastSeen - subject.firstSeen;
  if (known < settings.learningMs || subject.signs < fewestSigns) return 'learning';
  return silenceOf(subject, now, pausedMs) > limitOf(subject, now, settings) ? 'silent' : 'heard';
}

function isExpected({ kind, name }: Subject, { expected }: SilenceSettings): boolean {
  return expected.has(name) || (kind === 'region' && expected.has(name.slice(0, name.indexOf('/'))));
}

/**
 * Those that have gone silent and of which nobody was told. What is silent because that is silent through which it is heard, such as the
 * regions of a silent account, is not missed by itself.
 */
export function newlySilent(
  subjects: ReadonlyMap<string, Subject>,
  now: number,
  pausedMs: number,
  settings: SilenceSettings,
): readonly Subject[] {
  const isOwn = (subject: Subject): boolean => {
    const parent = subject.parent === undefined ? undefined : subjects.get(subject.parent);
    if (parent === undefined) return true;
    const state = stateOf(parent, now, pausedMs, settings);
    if (state === 'expected') return false;
    if (state === 'learning') return true;
    return silenceOf(parent, now, pausedMs) < silenceOf(subject, now, pausedMs) / 2;
  };
  return [...subjects.values()].filter(
    (subject) =>
      subject.alertId === undefined &&
      stateOf(subject, now, pausedMs, settings) === 'silent' &&
      isOwn(subject),
  );
}
