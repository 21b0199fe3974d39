import * as z from 'zod';

const postgres = z
  .strictObject({
    host: z.string().min(1).describe('Name or address of the server, or the folder of its Unix socket.'),
    port: z.int().min(1).max(65_535).default(5432).describe('Its port.'),
    database: z.string().min(1).default('tocsin').describe('The database; it must be there.'),
    user: z.string().min(1).default('tocsin').describe('Who logs in.'),
    password: z.string().min(1).optional().meta({ description: 'The password of the user.', secret: true }),
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be lower-case letters, digits and underscores')
      .default('tocsin')
      .describe('The schema that holds the tables; made where it is missing.'),
    tls: z
      .enum(['verify', 'off'])
      .default('verify')
      .describe(
        "Whether the connection is encrypted and the server's certificate verified, its name included; `off` is for a socket or a network that nobody else is on.",
      ),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File of the authorities that vouch for the server (PEM); without one, those that Node trusts.',
      ),
    connections: z
      .int()
      .min(2)
      .max(100)
      .default(8)
      .describe('Connections at most, and one more for the leader.'),
  })
  .describe(
    'A PostgreSQL database for what Tocsin keeps, for several servers at once. Without it everything is in the file `tocsin.db` in the data folder.',
  );

const dynamodb = z
  .strictObject({
    table: z
      .string()
      .regex(/^[a-zA-Z0-9_.-]{3,255}$/, 'must be 3 to 255 letters, digits, `_`, `-` and `.`')
      .default('tocsin')
      .describe('Name of the table.'),
    region: z.string().min(1).describe('The region that it is in.'),
    endpoint: z
      .url()
      .optional()
      .describe('Another address than that of AWS in the region: a VPC endpoint, or a stand-in.'),
    create: z
      .boolean()
      .default(false)
      .describe('Whether the table is made where it is missing, billed by the request.'),
  })
  .describe(
    'A table of DynamoDB for what Tocsin keeps, for several servers at once. Credentials are those that the AWS SDK finds.',
  );

/** The `store` section: where alerts and all else that outlives the process is kept. */
export const storeSection = z
  .strictObject({
    postgres: postgres.optional(),
    dynamodb: dynamodb.optional(),
    retention: z
      .strictObject({
        days: z
          .int()
          .min(1)
          .max(36_500)
          .describe('Alerts stored longer ago than so many days are taken out.'),
        folder: z
          .string()
          .min(1)
          .optional()
          .describe('Where they are written before they go; without one, `export` in the data folder.'),
        format: z
          .enum(['json-lines', 'parquet'])
          .default('json-lines')
          .describe('As what: gzipped JSON lines, or Parquet packed with zstd.'),
      })
      .optional()
      .describe('How long alerts are kept. Without it they are kept for ever.'),
  })
  .refine(
    ({ postgres: one, dynamodb: other }) => one === undefined || other === undefined,
    'postgres and dynamodb exclude each other; name one place',
  )
  .prefault({})
  .describe('Where Tocsin keeps what it must not forget.');
