import type { FieldName } from '../facts/field-name.ts';
import { tocsinFieldNames } from '../facts/fields.ts';
import { intelFieldNames } from './intel/intel.ts';
import { personFieldNames } from './person.ts';
import { placeFieldNames } from './place.ts';
import { usualFieldNames } from './usual/usual.ts';

/** Every field that a rule can read under `tocsin.`, of the event, its facts and its context; named without that prefix. */
export const readableFieldNames: readonly FieldName[] = [
  ...tocsinFieldNames,
  ...personFieldNames,
  ...intelFieldNames,
  ...placeFieldNames,
  ...usualFieldNames,
];
