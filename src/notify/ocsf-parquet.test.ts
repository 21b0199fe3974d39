import { expect, it } from 'vitest';
import { plainJson } from './alert-event.ts';
import { findingsAsParquet } from './ocsf-parquet.ts';
import { detectionFinding } from './ocsf.ts';
import { context, recordedAlerts, resolvedContext } from './testing/aws-contract.ts';
import { readFindings } from './testing/ocsf-parquet.ts';

it('says all that the JSON does, whatever stands in it, ordered by time', async () => {
  const findings = recordedAlerts.flatMap(([, alert]) => [
    detectionFinding(alert, context),
    detectionFinding(alert, resolvedContext(), true),
  ]);
  const read = await readFindings(findingsAsParquet(findings));
  const inJson = findings.map((finding) => JSON.parse(plainJson(finding)) as { readonly time: number });
  expect(read).toEqual(inJson.toSorted((a, b) => a.time - b.time));
});
