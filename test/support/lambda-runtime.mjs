// Plays the part of Lambda's own Node runtime: imports the function, then asks for one event after the other.
import { pathToFileURL } from 'node:url';

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const post = (path, body) => fetch(`${base}${path}`, { method: 'POST', body: JSON.stringify(body ?? null) });
const described = (error) => ({
  errorType: error?.name ?? 'Error',
  errorMessage: String(error?.message ?? error),
  stackTrace: [],
});

let handler;
try {
  ({ handler } = await import(pathToFileURL(process.argv[2]).href));
} catch (error) {
  await post('/init/error', described(error));
  process.exit(1);
}

for (;;) {
  const next = await fetch(`${base}/invocation/next`);
  const awsRequestId = next.headers.get('lambda-runtime-aws-request-id');
  const event = await next.json();
  try {
    await post(`/invocation/${awsRequestId}/response`, await handler(event, { awsRequestId }));
  } catch (error) {
    await post(`/invocation/${awsRequestId}/error`, described(error));
  }
}
