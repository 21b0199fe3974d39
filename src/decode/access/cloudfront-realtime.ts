import { layoutOf, realtimeFields } from './cloudfront-fields.ts';
import { delimitedReader } from './delimited-reader.ts';
import { readDelimited } from './delimited.ts';
import { type AccessFormat } from './format.ts';

/**
 * CloudFront's real-time logs: fields with tabs between, and no header. Which fields there are is known to their configuration alone.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html
 * @param fields the fields that are chosen, in their order; all of them where left out
 */
export function cloudFrontRealtimeFormat(fields: readonly string[] = realtimeFields): AccessFormat {
  const layout = layoutOf(fields);
  return {
    name: 'CloudFront real-time logs',
    escaping: 'percent',
    detect: (head) =>
      /^\d{10}(\.\d{3})?\t[0-9a-fA-F.:]+\t/.test(Buffer.from(head.subarray(0, 80)).toString('latin1')),
    open: () => {
      const lines = { layout, delimiter: 0x09, atLeast: fields.length };
      return delimitedReader(lines, (bytes, start, end, into, row) => {
        const problem = readDelimited(lines, bytes, start, end, into, row);
        return problem?.includes('fields where') === true
          ? `${problem} for real-time logs; name the fields that are chosen in CloudFront`
          : problem;
      });
    },
  };
}
