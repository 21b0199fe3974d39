import { at, flagAt, textAt, textsAt } from '../call.ts';
import type { Call } from '../call.ts';
import { traitsOf } from './way.ts';
import type { Details, Way } from './way.ts';

// CloudTrail's names of Lambda's calls end in the version of the API, and sometimes in a number of its own.
const updateCode = ['UpdateFunctionCode', 'UpdateFunctionCode20150331', 'UpdateFunctionCode20150331v2'];
const updateSettings = [
  'UpdateFunctionConfiguration',
  'UpdateFunctionConfiguration20150331',
  'UpdateFunctionConfiguration20150331v2',
];
const triggers = [
  'CreateEventSourceMapping',
  'CreateEventSourceMapping20150331',
  'UpdateEventSourceMapping',
  'UpdateEventSourceMapping20150331',
];
const createFunction = ['CreateFunction', 'CreateFunction20150331'];

const lambda = {
  service: 'lambda',
  type: 'AWS::Lambda::Function',
  word: 'function',
  name: ['functionName', 'functionArn'],
} as const;

function functionCode({ request }: Call): Details | undefined {
  // A dry run checks and changes nothing.
  if (flagAt(request, 'dryRun') === true) return undefined;
  const bucket = textAt(request, 's3Bucket');
  const image = textAt(request, 'imageUri');
  return {
    what: [
      ...(bucket === undefined ? [] : [`s3://${bucket}/${textAt(request, 's3Key') ?? ''}`]),
      ...(image === undefined ? [] : [image]),
    ],
    unknowns: [
      'what the new code does: GetFunction would give it, and its hash compares with the last build',
    ],
  };
}

function layers({ request }: Call): Details | undefined {
  const arns = textsAt(request, 'layers');
  return arns.length === 0 ? undefined : { what: arns };
}

/** The record hides variables' values, and mostly their names. */
function settings({ request }: Call): Details | undefined {
  const traits = traitsOf({
    role: textAt(request, 'role') !== undefined,
    runtime: textAt(request, 'runtime') !== undefined,
    handler: textAt(request, 'handler') !== undefined,
    environment: at(request, 'environment.variables') !== undefined,
  });
  return traits.length === 0 ? undefined : { traits, as: textAt(request, 'role') };
}

/** Ways by which a caller's code runs as a Lambda function, with its role and what it sees. After real records. */
export const functionWays: readonly Way[] = [
  {
    ...lambda,
    actions: updateCode,
    kind: 'function-code',
    change: 'made',
    did: 'replaced the code of',
    doing: 'replace the code of',
    read: functionCode,
  },
  {
    ...lambda,
    actions: updateSettings,
    kind: 'function-layer',
    change: 'made',
    did: 'put layers, whose code runs beside its own, into',
    doing: 'put layers into',
    read: layers,
  },
  {
    ...lambda,
    actions: updateSettings,
    kind: 'function-settings',
    change: 'made',
    did: 'changed how code runs in',
    doing: 'change how code runs in',
    read: settings,
  },
  {
    ...lambda,
    actions: createFunction,
    kind: 'function-code',
    change: 'made',
    did: 'made',
    doing: 'make a function that runs its code:',
    read: ({ request }) => ({ as: textAt(request, 'role'), what: textsAt(request, 'layers') }),
  },
  {
    ...lambda,
    actions: triggers,
    kind: 'function-trigger',
    change: 'made',
    did: 'has records of a stream or queue handed to',
    doing: 'have records of a stream or queue handed to',
    read: ({ request }) => ({ what: textsAt(request, 'eventSourceArn') }),
  },
];
