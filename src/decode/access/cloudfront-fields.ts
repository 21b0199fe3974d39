import { textColumnNames, type TextColumnName } from '../../event/requests.ts';

/** Where a field of CloudFront's goes: to a column of text, or to one of numbers. */
type Target = TextColumnName | NumberTarget;
type NumberTarget = (typeof numberTargets)[number];

/**
 * Fields of CloudFront's logs that are read. Standard logs spell headers `cs(User-Agent)`, real-time logs `cs-user-agent`.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html
 */
const targets = new Map<string, Target>([
  ['date', 'date'],
  ['time', 'clock'],
  ['timestamp', 'timestamp'],
  ['timestamp(ms)', 'timestamp'],
  ['c-ip', 'client'],
  ['x-forwarded-for', 'forwarded'],
  ['cs-method', 'method'],
  ['cs(Host)', 'host'],
  ['cs-host', 'host'],
  ['x-host-header', 'host'],
  ['cs-uri-stem', 'path'],
  ['cs-uri-query', 'query'],
  ['cs(User-Agent)', 'agent'],
  ['cs-user-agent', 'agent'],
  ['cs(Referer)', 'referrer'],
  ['cs-referer', 'referrer'],
  ['x-edge-request-id', 'id'],
  ['c-country', 'country'],
  ['x-edge-result-type', 'action'],
  ['sc-status', 'status'],
  ['sc-bytes', 'sent'],
  ['cs-bytes', 'received'],
  ['time-taken', 'taken'],
]);

/** The names of the fields that go there, the better ones first. */
export function fieldsOf(target: Target): readonly string[] {
  return byTarget.get(target) ?? [];
}

const byTarget = new Map<Target, string[]>();
for (const [name, target] of targets) byTarget.set(target, [name, ...(byTarget.get(target) ?? [])]);

/** The fields of standard logs, in the order they have had since 2014: 23 of them, later 24, 26 and 33. */
export const standardFields =
  'date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end'.split(
    ' ',
  );

/** The fields of real-time logs where all are chosen, in their order. */
export const realtimeFields =
  'timestamp c-ip s-ip time-to-first-byte sc-status sc-bytes cs-method cs-protocol cs-host cs-uri-stem cs-bytes x-edge-location x-edge-request-id x-host-header time-taken cs-protocol-version c-ip-version cs-user-agent cs-referer cs-cookie cs-uri-query x-edge-response-result-type x-forwarded-for ssl-protocol ssl-cipher x-edge-result-type fle-encrypted-fields fle-status sc-content-type sc-content-len sc-range-start sc-range-end c-port x-edge-detailed-result-type c-country cs-accept-encoding cs-accept cache-behavior-path-pattern cs-headers cs-header-names cs-headers-count primary-distribution-id primary-distribution-dns-name origin-fbl origin-lbl asn'.split(
    ' ',
  );

/** Fields that are in some logs only. */
const otherFields =
  'timestamp(ms) DistributionId distributionid viewer-connection-id cmcd-encoded-bitrate cmcd-buffer-length cmcd-buffer-starvation cmcd-content-id cmcd-object-duration cmcd-deadline cmcd-measured-throughput cmcd-next-object-request cmcd-next-range-request cmcd-object-type cmcd-playback-rate cmcd-requested-maximum-throughput cmcd-streaming-format cmcd-session-id cmcd-stream-type cmcd-startup cmcd-top-bitrate cmcd-version r-host sr-reason x-edge-mqcs distribution-tenant-id connection-id'.split(
    ' ',
  );

const known: ReadonlySet<string> = new Set([...standardFields, ...realtimeFields, ...otherFields]);

/** Whether a header line has only names that CloudFront has. */
export function areCloudFrontFields(names: readonly string[]): boolean {
  return names.length >= 3 && names.every((name) => known.has(name));
}

/** For each field of a line where it goes; `codes` in the same order, for a loop over bytes. */
export interface Layout {
  readonly names: readonly string[];
  /** 0: passed over; 1 to 7: a number's column; from `firstText` on: a text's. */
  readonly codes: Uint8Array;
  /** What is missing, so that no line can be read. */
  readonly problem: string | undefined;
}

/** What is known of the lines of a file, as far as it is read. */
export interface Lines {
  layout: Layout;
  /** The sign between fields. */
  delimiter: number;
  /** The fewest fields of a line; the most is what the layout has. */
  atLeast: number;
}

export const numberTargets = ['date', 'clock', 'timestamp', 'status', 'sent', 'received', 'taken'] as const;
export const firstText = numberTargets.length + 1;

export function layoutOf(names: readonly string[]): Layout {
  const has = (name: string): boolean => names.includes(name);
  // One field that says it all, rather than two.
  const stamped = has('timestamp') || has('timestamp(ms)');
  const codes = Uint8Array.from(names, (name) => {
    const target = targets.get(name);
    // The host that the viewer asked for, rather than the distribution's own name.
    if (target === undefined || (target === 'host' && name !== 'x-host-header' && has('x-host-header')))
      return 0;
    if (stamped && (target === 'date' || target === 'clock')) return 0;
    const number = (numberTargets as readonly string[]).indexOf(target);
    return number === -1 ? firstText + (textColumnNames as readonly string[]).indexOf(target) : number + 1;
  });
  const timed = stamped || (has('date') && has('time'));
  const missing = [...(timed ? [] : ['date and time']), ...(has('c-ip') ? [] : ['c-ip'])];
  return {
    names,
    codes,
    problem:
      missing.length === 0
        ? undefined
        : `the list of fields has no ${missing.join(', no ')}; have CloudFront log these fields`,
  };
}
