import type { Event } from '../../../event/event.ts';
import type { Json, JsonObject } from '../../../event/json.ts';
import { callOf } from '../../testing/call.ts';

/** A change of one record as Route 53's log has it. */
export function recordChange(action: string, name: string, type: string, ...values: readonly string[]): Json {
  const resourceRecords = values.map((value) => ({ value }));
  return { action, resourceRecordSet: { name: `${name}.`, type, tTL: 300, resourceRecords } };
}

/** The event of a call that changes records. */
export function recordsCall(changes: readonly Json[], more: JsonObject = {}): Event {
  return callOf(
    'route53',
    'ChangeResourceRecordSets',
    { hostedZoneId: 'Z1PA6795UKMFR9', changeBatch: { changes } },
    more,
  );
}

/** Events that between them have every field of a DNS fact. */
export const dnsExamples: readonly Event[] = [
  recordsCall([
    recordChange('CREATE', 'shop.example.com', 'CNAME', 'example.github.io'),
    recordChange('UPSERT', 'db.example.com', 'A', '10.0.0.4'),
  ]),
  callOf('route53domains', 'TransferDomainToAnotherAwsAccount', {
    domainName: 'example.com',
    accountId: '444455556666',
  }),
];
