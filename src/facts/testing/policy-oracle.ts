import { isJsonObject } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';

/** One request as AWS would see it. Written apart from the reasoner, which it is there to check: nothing here is shared with it. */
export interface Request {
  readonly caller:
    | { readonly kind: 'anonymous' }
    | { readonly kind: 'identity'; readonly account: string; readonly arn: string }
    | { readonly kind: 'service'; readonly name: string };
  readonly action: string;
  readonly resource: string;
  /** By key in lower case. */
  readonly context: ReadonlyMap<string, readonly string[]>;
}

/** Whether a resource's policy allows one request: some Allow speaks of it and no Deny does. Takes well-formed statements only. */
export function allows(statements: readonly JsonObject[], request: Request): boolean {
  const speaking = statements.filter((statement) => speaksOf(statement, request));
  return (
    speaking.some(({ Effect }) => Effect === 'Allow') && !speaking.some(({ Effect }) => Effect === 'Deny')
  );
}

function speaksOf(statement: JsonObject, request: Request): boolean {
  const { Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition } = statement;
  const who = NotPrincipal === undefined ? isCaller(Principal, request) : !isCaller(NotPrincipal, request);
  const what = NotAction === undefined ? isAction(Action, request) : !isAction(NotAction, request);
  const where = NotResource === undefined ? isResource(Resource, request) : !isResource(NotResource, request);
  return who && what && where && holds(Condition, request);
}

function isCaller(principal: Json | undefined, { caller }: Request): boolean {
  if (principal === '*') return true;
  if (!isJsonObject(principal)) return false;
  return Object.entries(principal).some(([type, names]) =>
    all(names).some((name) => {
      if (type === 'AWS' && name === '*') return true;
      if (caller.kind === 'service') return type === 'Service' && name === caller.name;
      if (caller.kind !== 'identity' || type !== 'AWS') return false;
      const root = `arn:aws:iam::${caller.account}:root`;
      return name === caller.account || name === root || name === caller.arn;
    }),
  );
}

function isAction(action: Json | undefined, request: Request): boolean {
  return all(action).some((pattern) => glob(pattern.toLowerCase()).test(request.action.toLowerCase()));
}

function isResource(resource: Json | undefined, { resource: asked, context }: Request): boolean {
  return all(resource).some((pattern) => {
    let known = true;
    const filled = pattern.replace(/\$\{([^}]+)\}/g, (_whole, name: string) => {
      const [value] = context.get(name.toLowerCase()) ?? [];
      known &&= value !== undefined;
      return value ?? '';
    });
    return known && glob(filled).test(asked);
  });
}

function holds(condition: Json | undefined, { context }: Request): boolean {
  if (!isJsonObject(condition)) return true;
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(isJsonObject(keys) ? keys : {}).every(([key, wanted]) =>
      meets(operator, all(wanted), context.get(key.toLowerCase())),
    ),
  );
}

function meets(operator: string, wanted: readonly string[], had: readonly string[] | undefined): boolean {
  const [, set, name = '', lenient] =
    /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (name === 'Null') return wanted.includes(String(had === undefined));
  if (had === undefined) {
    if (lenient !== undefined || set === 'ForAllValues') return true;
    return name.includes('Not') && set === undefined;
  }
  const one = (value: string): boolean => {
    const found = wanted.some((want) => compare(name.replace('Not', ''), want, value));
    return name.includes('Not') ? !found : found;
  };
  return set === 'ForAnyValue' ? had.some(one) : had.every(one);
}

function compare(name: string, want: string, value: string): boolean {
  switch (name) {
    case 'StringLike':
      return glob(want).test(value);
    case 'ArnLike':
    case 'ArnEquals':
      return want.split(':').every((part, index) => glob(part).test(value.split(':')[index] ?? ''));
    case 'IpAddress': {
      const [network = '', bits = '32'] = want.split('/');
      const size = 2 ** (32 - Number(bits));
      return Math.floor(number(network) / size) === Math.floor(number(value) / size);
    }
    case 'NumericLessThan':
      return Number(value) < Number(want);
    default:
      return want === value;
  }
}

function number(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function all(value: Json | undefined): readonly string[] {
  return (Array.isArray(value) ? (value as readonly Json[]) : [value]).map(String);
}

function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}
