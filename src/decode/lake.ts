import type { Json, JsonObject } from '../event/json.ts';

/**
 * A record's fields from a row of CloudTrail Lake's or Athena's saved results.
 *
 * Exact: text columns; columns that hold JSON; `eventTime`, from SQL's way of writing UTC to ISO's; column names
 * that SQL turned to lower case. Where there is an `eventJson` column the row is nothing but that.
 * Not exact: Trino writes nested columns as `{type=Root, arn=...}`, without quotes. That is read for the columns
 * whose values AWS chooses (`userIdentity`, `resources`, `tlsDetails`) and only where no key occurs twice; free
 * columns such as `requestParameters` stay text, as a caller could write keys of their own into them. An empty
 * cell is an absent member.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-results-download.html
 */
export function lakeFields(columns: Iterable<readonly [string, string]>): JsonObject {
  const entries: [string, Json][] = [];
  for (const [column, cell] of columns) {
    const name = properName(column);
    if (name === 'eventJson') return { eventJson: cell };
    if (cell !== '') entries.push([name, cellValue(name, cell)]);
  }
  // fromEntries defines members, so a column named __proto__ is one like any other.
  return Object.fromEntries(entries);
}

/** Whether these are the column names of CloudTrail's event table. */
export function areLakeColumns(columns: readonly string[]): boolean {
  const names = columns.map(properName);
  return names.includes('eventJson') || (names.includes('eventName') && names.includes('eventSource'));
}

const names = new Map(
  [
    'eventJson eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent',
    'errorCode errorMessage requestParameters responseElements additionalEventData requestID eventID readOnly',
    'resources eventType apiVersion managementEvent recipientAccountId serviceEventDetails sharedEventID',
    'vpcEndpointId vpcEndpointAccountId eventCategory addendum sessionCredentialFromConsole edgeDeviceDetails',
    'tlsDetails insightDetails insightSource type principalId arn accountId accessKeyId userName sessionContext',
    'sessionIssuer webIdFederationData federatedProvider attributes creationDate mfaAuthenticated invokedBy',
    'identityProvider sourceIdentity ec2RoleDelivery ec2IssuedInVpc onBehalfOf userId identityStoreArn',
    'credentialId inScopeOf tlsVersion cipherSuite clientProvidedHostHeader',
  ]
    .join(' ')
    .split(' ')
    .map((name) => [name.toLowerCase(), name]),
);

function properName(name: string): string {
  return names.get(name.trim().toLowerCase()) ?? name;
}

const flags = new Set(['readOnly', 'managementEvent']);
const closedColumns = new Set(['userIdentity', 'resources', 'tlsDetails']);

function cellValue(name: string, cell: string): Json {
  if (flags.has(name) && (cell === 'true' || cell === 'false')) return cell === 'true';
  if (name === 'eventTime')
    return cell.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?: UTC)?$/, '$1T$2Z');
  if (cell.startsWith('{') || cell.startsWith('[')) {
    return jsonOrUndefined(cell) ?? (closedColumns.has(name) ? trinoValue(cell) : undefined) ?? cell;
  }
  return cell;
}

function jsonOrUndefined(cell: string): Json | undefined {
  // Cells are short; a deeply nested one would be no CloudTrail column.
  if (cell.length > 1_000_000) return undefined;
  try {
    return JSON.parse(cell) as Json;
  } catch {
    return undefined;
  }
}

/** Reads Trino's text of a row, map or array; undefined where it could mean two things. */
export function trinoValue(cell: string): Json | undefined {
  let at = 0;
  const read = (depth: number): Json | undefined => {
    if (depth > 10) return undefined;
    const first = cell[at];
    if (first === '{' || first === '[') {
      at++;
      return first === '{' ? readRow(depth) : readArray(depth);
    }
    const end = /, |[{}[\]]/g;
    end.lastIndex = at;
    const stop = end.exec(cell)?.index ?? cell.length;
    const scalar = cell.slice(at, stop);
    at = stop;
    return scalar === 'null' ? null : scalar;
  };
  const readRow = (depth: number): Json | undefined => {
    const row = new Map<string, Json>();
    for (;;) {
      if (row.size === 0 && cell[at] === '}') break;
      const key = /^[A-Za-z_]\w*(?==)/.exec(cell.slice(at, at + 100))?.[0];
      if (key === undefined || row.has(properName(key))) return undefined;
      at += key.length + 1;
      const value = read(depth + 1);
      if (value === undefined) return undefined;
      row.set(properName(key), value);
      if (cell[at] === '}') break;
      if (!cell.startsWith(', ', at)) return undefined;
      at += 2;
    }
    at++;
    return Object.fromEntries(row);
  };
  const readArray = (depth: number): Json | undefined => {
    const items: Json[] = [];
    for (;;) {
      if (items.length === 0 && cell[at] === ']') break;
      const value = read(depth + 1);
      if (value === undefined) return undefined;
      items.push(value);
      if (cell[at] === ']') break;
      if (!cell.startsWith(', ', at)) return undefined;
      at += 2;
    }
    at++;
    return items;
  };
  const value = read(0);
  return at === cell.length ? value : undefined;
}
