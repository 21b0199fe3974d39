import { boundWords } from '../sigma/correlation/bounds.ts';
import type { CorrelationFinding } from '../sigma/correlation/finding.ts';

/** What was found, and what was asked for: `12 events within 10m (at least 10)`. Values in it come from the log. */
export function correlationWords(finding: CorrelationFinding): string {
  const { correlation, value, notes, total } = finding;
  const { test, timespanText } = correlation;
  const within = `within ${timespanText}`;
  const number = numberText(value);
  switch (test.type) {
    case 'event_count':
      return `${count(value, 'event')} ${within} (${boundWords(test.bounds)})`;
    case 'value_count':
      return `${number} different ${value === 1 ? 'value' : 'values'} of ${test.fields.join(' and ')} ${within} (${boundWords(test.bounds)})`;
    case 'value_sum':
      return `${test.field} adds up to ${number} ${within} (${boundWords(test.bounds)})`;
    case 'value_avg':
      return `${test.field} is ${number} on average ${within} (${boundWords(test.bounds)})`;
    case 'value_median':
      return `the median of ${test.field} is ${number} ${within} (${boundWords(test.bounds)})`;
    case 'value_percentile':
      return test.percentile === undefined
        ? `${notes[0] ?? 'one value'} is ${number} % of all values of ${test.field} ${within} (${boundWords(test.bounds)} %)`
        : `percentile ${test.percentile} of ${test.field} is ${number} ${within} (${boundWords(test.bounds)})`;
    case 'temporal':
    case 'temporal_ordered': {
      const order = test.type === 'temporal_ordered' ? ' one after the other' : '';
      if ('source' in test) return `${test.source}${order} ${within}, in ${count(total, 'event')}`;
      return `${number} of ${count(correlation.rules.length, 'rule')}${order} ${within}, in ${count(total, 'event')}`;
    }
    case 'tocsin_new_value':
      return `new in ${test.fields.join(' and ')}, not seen ${within} before: ${notes.join(', ')}`;
    case 'tocsin_change':
      return `${test.field} changed: ${notes.join(' → ')}`;
    case 'tocsin_travel':
      return `${notes.join(', ')}: up to ${number} km/h (${boundWords(test.bounds)})`;
    case 'tocsin_spike':
      return `${number} times as many events ${within} as in the ${timespanText} before (${boundWords(test.bounds)} times)`;
    case 'tocsin_flatline':
      return `${count(value, 'event')} left ${within}, after there were at least ${test.below}`;
    case 'tocsin_percentage':
      return `${correlation.rules[0]?.name ?? 'the first rule'} is ${number} % of ${correlation.rules[1]?.name ?? 'the second'} ${within} (${boundWords(test.bounds)} %)`;
  }
}

function count(value: number, what: string): string {
  return `${numberText(value)} ${what}${value === 1 ? '' : 's'}`;
}

/** No more digits than a person reads. */
function numberText(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
}
