import {
  isMembers,
  later,
  mostAspects,
  newestFirst,
  newestOf,
  withMoment,
  withoutDead,
  type Aspect,
  type Asset,
  type MemberAspect,
  type SetAspect,
} from './asset.ts';

/** What is known of an asset by two memories that have heard of different things. Which of them comes first says nothing. */
export function merged(a: Asset, b: Asset): Asset {
  const [old, young] = a.lastSeen <= b.lastSeen ? [a, b] : [b, a];
  const { type, id } = young;
  const created = laterOf(old.created, young.created);
  const deleted = laterOf(old.deleted, young.deleted);
  const aspects: Record<string, Aspect> = { ...old.aspects };
  for (const [name, aspect] of Object.entries(young.aspects)) {
    const known = Object.hasOwn(aspects, name) ? aspects[name] : undefined;
    if (known === undefined && Object.keys(aspects).length >= mostAspects) continue;
    aspects[name] = known === undefined ? aspect : mergedAspect(known, aspect);
  }
  return {
    type,
    id,
    name: young.name === id ? old.name : young.name,
    arn: young.arn ?? old.arn,
    account: young.account ?? old.account,
    region: young.region ?? old.region,
    firstSeen: Math.min(old.firstSeen, young.firstSeen),
    lastSeen: young.lastSeen,
    created,
    deleted,
    history: young.history.reduce(withMoment, old.history),
    aspects: deleted === undefined ? aspects : withoutDead(aspects, deleted.time),
  };
}

function laterOf(a: Asset['created'], b: Asset['created']): Asset['created'] {
  return b === undefined ? a : later(a, b);
}

function mergedAspect(a: Aspect, b: Aspect): Aspect {
  if (isMembers(a) && isMembers(b)) return mergedMembers(a, b);
  // One name is never of both kinds, but what was stored may say so.
  return isMembers(a) || isMembers(b) ? b : mergedVersions(a, b);
}

function mergedVersions(a: SetAspect, b: SetAspect): SetAspect {
  const others = b.versions.filter(
    ({ time, event }) => !a.versions.some((one) => one.time === time && one.event === event),
  );
  return { versions: [...a.versions, ...others].sort(newestFirst).slice(0, 2) };
}

function mergedMembers(a: MemberAspect, b: MemberAspect): MemberAspect {
  const all = Math.max(a.all ?? -Infinity, b.all ?? -Infinity);
  const gone = latest(a.gone, b.gone);
  const members = latest(a.members, b.members);
  for (const [name, since] of members) {
    const went = gone.get(name) ?? -Infinity;
    // Whoever knew all of them then knew that this was not among them.
    if (since < all) gone.set(name, Math.max(went, all));
    if (since < all || since < went) members.delete(name);
    else gone.delete(name);
  }
  return {
    members: newestOf(members),
    gone: newestOf(gone),
    ...(all === -Infinity ? {} : { all }),
  };
}

function latest(a: MemberAspect['members'], b: MemberAspect['members']): Map<string, number> {
  const times = new Map(Object.entries(a));
  for (const [name, time] of Object.entries(b)) times.set(name, Math.max(time, times.get(name) ?? -Infinity));
  return times;
}
