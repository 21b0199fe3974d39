import { isJsonObject, isList, text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { loose } from '../loose.ts';
import { textOf } from './request.ts';

/**
 * The policy that a call sets on a REST API. CloudTrail puts a body's members under the name of the operation's input
 * (`createRestApiInput`); changes are patches of `/policy`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/cloudtrail.html
 */
export function restApiPolicy(request: JsonObject): Json | undefined {
  const inner = [loose(request, 'createRestApiInput'), loose(request, 'updateRestApiInput'), request];
  for (const input of inner) {
    if (!isJsonObject(input)) continue;
    const whole = textOf(input, 'policy');
    if (whole !== undefined) return unescaped(whole);
    const patches = loose(input, 'patchOperations');
    for (const patch of isList(patches) ? patches : []) {
      if (text(patch, 'path') !== '/policy') continue;
      return text(patch, 'op') === 'remove' ? '' : unescaped(text(patch, 'value') ?? '');
    }
  }
  return undefined;
}

/** API Gateway gives and takes its policies with their quotes and slashes escaped once more. */
function unescaped(policy: string): string {
  return /^\s*\{\s*\\+"/.test(policy) ? policy.replace(/\\(["\\/])/g, '$1') : policy;
}
