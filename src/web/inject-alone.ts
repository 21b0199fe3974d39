import type { Escaping, Requests } from '../event/requests.ts';
import { textColumnNames } from '../event/requests.ts';
import type { Condition, Detection, Rule } from '../sigma/rule.ts';
import { streamsOf, type SearchedColumn } from './inject-view.ts';

/**
 * Whether a rule matches a request only where it matches one that has a single one of its texts and nothing else: where it asks for any of
 * several things, each of which stands in one text. False also where there is no telling.
 */
export function asksForOneText({ conditions, detections }: Rule): boolean {
  const ofCondition = (condition: Condition): boolean => {
    switch (condition.type) {
      case 'detection': {
        const detection = detections[condition.name];
        return detection !== undefined && ofDetection(detection);
      }
      case 'or':
        return condition.of.every(ofCondition);
      case 'and':
        return condition.of.length === 1 && condition.of.every(ofCondition);
      case 'atLeast':
        return condition.count === 1 && condition.of.every(ofCondition);
      case 'not':
        return false;
    }
  };
  return conditions.every(ofCondition);
}

function ofDetection(detection: Detection): boolean {
  switch (detection.type) {
    case 'any':
      return detection.of.every(ofDetection);
    case 'all':
      return detection.of.length === 1 && detection.of.every(ofDetection);
    case 'field': {
      const { field, quantifier, negated, tests } = detection;
      // Where a field is made of several columns as they were sent, these stand in it as one text.
      const streams = streamsOf(field);
      const isApart = streams.length === 1 || streams.every(({ form }) => form !== 'raw');
      const isOneTest = quantifier === 'any' || tests.length === 1;
      const areOfTexts = tests.every(({ type }) => type === 'text' || type === 'regex');
      return streams.length > 0 && isApart && !negated && isOneTest && areOfTexts;
    }
    case 'keywords':
    case 'element':
      return false;
  }
}

/** Makes a request that has one text in that column, and nothing else; valid until the next is made. */
export function oneTextRequests(
  column: SearchedColumn,
): (bytes: Uint8Array, start: number, end: number, escaping: Escaping) => Requests {
  const nothing = { start: Int32Array.of(0), end: Int32Array.of(0) };
  const only = { start: Int32Array.of(0), end: Int32Array.of(0) };
  const unknown = Float64Array.of(Number.NaN);
  const blank = {
    count: 1,
    from: { source: '', object: '', receivedAt: 0 },
    position: Float64Array.of(0),
    time: unknown,
    status: Uint16Array.of(0),
    sent: unknown,
    received: unknown,
    taken: unknown,
    text: {
      ...(Object.fromEntries(textColumnNames.map((name) => [name, nothing])) as unknown as Requests['text']),
      [column]: only,
    },
  };
  return (bytes, start, end, escaping) => {
    only.start[0] = start;
    only.end[0] = end;
    return { ...blank, bytes, escaping };
  };
}
