import * as z from 'zod';
import { nothingFound, type FoundAccount, type FoundEstate } from '../../context/estate/found-estate.ts';
import { identityProblem, type KnownPerson } from '../../context/people.ts';

/** Longer texts are cut: whoever may name an account or a user may give it any name. */
const longest = 200;
const label = z.string().transform((text) => text.slice(0, longest).toWellFormed());
const accountId = z.string().regex(/^\d{12}$/);
const account = z.object({
  name: label.optional(),
  environment: label.optional(),
  ou: label.optional(),
  owner: label.optional(),
});

/** A name without wildcards stands for one alone, however short it is. */
function isIdentity(text: string): boolean {
  return identityProblem(text) === undefined || isPlainName(text);
}

function isPlainName(text: string): boolean {
  return text !== '' && text.length <= longest && !/[*?]/.test(text);
}

/** What people write by hand, in the words of the configuration; and what the AWS CLI prints. */
const document = z.object({
  organisations: z.array(z.string().regex(/^o-[a-z0-9]{10,32}$/)).optional(),
  accounts: z.record(accountId, account).optional(),
  people: z
    .array(
      z.object({
        name: label,
        team: label.optional(),
        contact: label.optional(),
        identities: z.array(z.string().refine(isIdentity, 'would be nearly everybody')).min(1),
      }),
    )
    .optional(),
  Accounts: z.array(z.object({ Id: accountId, Name: label.optional() })).optional(),
  Users: z.array(z.looseObject({ UserName: z.string() })).optional(),
});

const user = z.object({
  UserName: z.string(),
  DisplayName: z.string().optional(),
  Emails: z.array(z.object({ Value: z.string().optional(), Primary: z.boolean().optional() })).optional(),
});

export type EstateRead = { readonly found: FoundEstate } | { readonly problem: string };

/** Reads a document of the estate that was parsed from JSON or YAML. */
export function readEstateDocument(value: unknown): EstateRead {
  const { data, error } = document.safeParse(value);
  if (data === undefined) {
    const [issue] = error.issues;
    const at = issue?.path.map(String).join('.') ?? '';
    return { problem: `${at === '' ? '' : `${at}: `}${issue?.message ?? 'cannot be read'}` };
  }
  if (Object.values(data).every((member) => member === undefined))
    return {
      problem:
        'tells nothing; expected accounts, people or organisations, or what `aws organizations list-accounts` or `aws identitystore list-users` print',
    };
  const accounts: Record<string, FoundAccount> = {};
  for (const { Id, Name } of data.Accounts ?? []) accounts[Id] = { name: Name };
  for (const [id, told] of Object.entries(data.accounts ?? {})) accounts[id] = { ...accounts[id], ...told };
  const users = (data.Users ?? []).flatMap((one) => personOfUser(one) ?? []);
  return {
    found: {
      ...nothingFound,
      organisations: data.organisations ?? [],
      accounts,
      people: [...(data.people ?? []), ...users],
    },
  };
}

/**
 * A user of IAM Identity Center, who is recognised by the user name: it is the name of every session that IAM Identity Center gives.
 * Undefined where a name stands for others too, because it has a wildcard in it.
 * https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_User.html
 */
export function personOfUser(value: unknown): KnownPerson | undefined {
  const { data } = user.safeParse(value);
  if (data === undefined || !isPlainName(data.UserName)) return undefined;
  const { UserName, DisplayName, Emails = [] } = data;
  const mail = (Emails.find(({ Primary }) => Primary === true) ?? Emails[0])?.Value;
  const short = (text: string): string => text.slice(0, longest).toWellFormed();
  return {
    name: short(DisplayName === undefined || DisplayName.trim() === '' ? UserName : DisplayName),
    ...(mail === undefined || mail === '' ? {} : { contact: short(mail) }),
    identities: [UserName],
  };
}
