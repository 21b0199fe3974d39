import { isList, list, member, text, type Json } from '../../event/json.ts';
import { indicatorValue, labelIn, timeIn, type IndicatorSink } from './indicator.ts';
import { simplePattern } from './stix-pattern.ts';

/**
 * Indicators of a STIX 2.1 bundle, or of a list of objects as TAXII gives them. Of several versions of one the latest counts, and
 * nothing that was revoked. https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_muftrcpnf89v
 */
export function readStix(root: Json, sink: IndicatorSink): void {
  const objects = isList(root) ? root : list(root, 'objects');
  const latest = new Map<string, Json>();
  for (const item of objects) {
    if (text(item, 'type') !== 'indicator') continue;
    const id = text(item, 'id') ?? `number ${latest.size}`;
    const before = latest.get(id);
    if (before === undefined || versionOf(item) >= versionOf(before)) latest.set(id, item);
  }
  for (const item of latest.values()) {
    if (member(item, 'revoked') === true) continue;
    const language = text(item, 'pattern_type') ?? 'stix';
    const parts = language === 'stix' ? simplePattern(text(item, 'pattern') ?? '') : undefined;
    if (parts === undefined) {
      sink.leaveOut();
      continue;
    }
    const label = labelIn(member(item, 'name')) ?? labelIn(list(item, 'indicator_types')[0]);
    const until = timeIn(member(item, 'valid_until'));
    for (const { type, text: found } of parts) {
      const value = indicatorValue(type, found);
      if (value === undefined) sink.leaveOut();
      else if (!sink.add({ type, value, label, until })) return;
    }
  }
}

function versionOf(item: Json): number {
  return timeIn(member(item, 'modified')) ?? 0;
}
