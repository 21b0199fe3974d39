import * as z from 'zod';

/** Where rejections are kept besides the store, which keeps only so many. */
export const deadLettersSection = z
  .union([
    z.strictObject({ folder: z.string().min(1).describe('A folder; made where it is missing.') }),
    z.strictObject({
      s3: z
        .strictObject({
          bucket: z.string().min(1).describe('The bucket.'),
          prefix: z
            .string()
            .regex(/^$|\/$/, "must end with '/'")
            .default('')
            .describe('What its keys begin with, such as `dead-letters/`.'),
          region: z.string().min(1).describe('Its region.'),
        })
        .describe('A bucket. Credentials come from the usual AWS places.'),
    }),
  ])
  .optional()
  .describe(
    'Where what was rejected is kept beside the store, which keeps only the newest 100,000; `tocsin replay` reads it.',
  );

export type DeadLetterSettings = NonNullable<z.output<typeof deadLettersSection>>;
