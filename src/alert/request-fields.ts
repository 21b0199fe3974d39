import type { FieldName } from '../facts/field-name.ts';

/** What rules for access logs can read under `tocsin.`, besides the fields of Sigma's webserver category. Filled by src/web/inject-view.ts. */
export const requestFieldNames: readonly FieldName[] = [
  { name: 'request.path', description: 'the path of a request, decoded, in small letters' },
  { name: 'request.query', description: 'its query, decoded, in small letters' },
  { name: 'request.agent', description: 'its user agent, decoded, in small letters' },
  { name: 'request.referrer', description: 'its referrer, decoded, in small letters' },
  { name: 'request.forwarded', description: 'its X-Forwarded-For, decoded, in small letters' },
  { name: 'request.decoded', description: 'all of these' },
  {
    name: 'request.values',
    description: 'all of these but the agent, in which brackets and semicolons mean nothing',
  },
  {
    name: 'request.unquoted',
    description: 'these values without what a shell drops: quotes, backslashes, brackets',
  },
  {
    name: 'request.tricks',
    description:
      'how something was hidden: double-encoding, unicode-escape, overlong, fullwidth, entity, null-byte, line-break, comment',
  },
];
