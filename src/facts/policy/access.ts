/**
 * What an action lets its caller do, in words that hold for every service. `list`: see names, settings and
 * metadata; `execute`: run it (invoke a function, call an API); `permissions`: change who else may come in; `assume`: act as the role; `all`: everything that the resource can do.
 */
export const accessClasses = [
  'all',
  'read',
  'list',
  'write',
  'execute',
  'delete',
  'permissions',
  'assume',
] as const;

export type AccessClass = (typeof accessClasses)[number];

/** An action of a service, its class, and the resources on which it does anything at all. */
export interface KnownAction {
  /** In lower case, with its service: `s3:getobject`. */
  readonly name: string;
  readonly access: AccessClass;
  /** Whether the action can work on something that a resource pattern names; always, where undefined. */
  readonly appliesTo?: (resourcePattern: string) => boolean;
}

/** The actions of the service whose resource the policy hangs on. */
export interface Vocabulary {
  /** The prefix of its actions: `s3`. */
  readonly service: string;
  readonly actions: readonly KnownAction[];
}

const verbs: readonly (readonly [RegExp, AccessClass])[] = [
  [/(policy|policies|acl|permission|permissions|grant|publicaccessblock|ownershipcontrols)$/, 'permissions'],
  [/^(list|describe|head)/, 'list'],
  [/^(get|batchget|read|select|scan|query|receive|decrypt|download|restore)/, 'read'],
  [/^(delete|batchdelete|remove|purge|abort|terminate)/, 'delete'],
  [/^(invoke|execute)/, 'execute'],
];

/**
 * The class of an action, or of a pattern of actions, that no vocabulary knows, by its verb. Reading a policy
 * is `list`. Anything that isn't recognised counts as `write`: the reader should look at it.
 */
export function accessByVerb(action: string): AccessClass {
  const name = action.toLowerCase().replace(/^[^:]*:/, '');
  if (/^(get|list|describe|batchget)[a-z]*(policy|policies|acl|permission|permissions)/.test(name))
    return 'list';
  for (const [pattern, access] of verbs) if (pattern.test(name)) return access;
  return 'write';
}

/** The classes in their fixed order, each once. */
export function sortAccess(classes: Iterable<AccessClass>): readonly AccessClass[] {
  const held = new Set(classes);
  return accessClasses.filter((access) => held.has(access));
}
