import { corsFieldNames } from '../cors.ts';
import { encryptionFieldNames } from '../encryption.ts';
import type { FieldName } from '../field-name.ts';
import { lossFieldNames } from '../loss.ts';
import { transferFieldNames } from '../transfer.ts';
import { websiteFieldNames } from '../website.ts';

/** What rules see of data that is moved, lost, locked away or shown to browsers. */
export const s3FieldNames: readonly FieldName[] = [
  ...corsFieldNames,
  ...encryptionFieldNames,
  ...lossFieldNames,
  ...transferFieldNames,
  ...websiteFieldNames,
];
