/** A field under `tocsin.` as rules write it, without that prefix, and what it holds. */
export interface FieldName {
  readonly name: string;
  readonly description: string;
}
