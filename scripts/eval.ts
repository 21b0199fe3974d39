// Prints how the rules on requests do on labelled ones: npm run eval -- [FOLDER], where FOLDER holds the two data sets of
// docs/access-logs-evaluation.md.
import { fileURLToPath } from 'node:url';
import {
  coreRuleSetCases,
  hasLabelledRequests,
  parameterValues,
} from '../test/evaluation/injection-cases.ts';
import { builtinInjectionRules, confusionOf, judge, type Confusion } from '../test/evaluation/injection.ts';

const folder = process.argv[2] ?? fileURLToPath(new URL('../../shared/data', import.meta.url));

function row({ group, attacks, found, normal, alarms }: Confusion): string {
  const recall = attacks === 0 ? '' : `${((100 * found) / attacks).toFixed(1)} %`;
  return `| ${group} | ${found} | ${attacks - found} | ${alarms} | ${normal - alarms} | ${recall} |`;
}

if (hasLabelledRequests(folder)) {
  const rules = await builtinInjectionRules();
  for (const [title, cases] of [
    ['Values of parameters', parameterValues(folder)],
    [
      "Tests of the Core Rule Set; 'normal' is what one of its rules must not match",
      coreRuleSetCases(folder),
    ],
  ] as const) {
    const table = confusionOf(judge(rules, cases)).map(row);
    const head = '| group | attack, found | attack, missed | normal, alarm | normal, none | recall |';
    process.stdout.write(
      `${title}\n\n${head}\n| --- | ---: | ---: | ---: | ---: | ---: |\n${table.join('\n')}\n\n`,
    );
  }
} else {
  process.stderr.write(
    `${folder} lacks crs-uri-cases or http-params-labelled; name the folder that holds them\n`,
  );
  process.exitCode = 2;
}
