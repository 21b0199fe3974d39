/** The cases of one file, as JUnit XML tells them. */
export interface JunitSuite {
  readonly name: string;
  readonly file: string;
  readonly cases: readonly JunitCase[];
}

export interface JunitCase {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Passed where absent. `error` is a case that could not be run, `skipped` one that is not there. */
  readonly outcome?: { readonly type: 'failure' | 'error' | 'skipped'; readonly message: string } | undefined;
}

/**
 * JUnit XML in the form that CI systems read; https://github.com/testmoapp/junitxml describes it. Times are left out: none are
 * measured.
 */
export function junitXml(suites: readonly JunitSuite[]): string {
  const cases = suites.flatMap((suite) => suite.cases);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tocsin rules test" ${counts(cases)}>`,
  ];
  for (const suite of suites) {
    lines.push(
      `  <testsuite name="${escapeXml(suite.name)}" file="${escapeXml(suite.file)}" ${counts(suite.cases)}>`,
    );
    for (const test of suite.cases) {
      const opening = `    <testcase name="${escapeXml(test.name)}" classname="${escapeXml(suite.name)}" file="${escapeXml(test.file)}" line="${test.line}"`;
      if (test.outcome === undefined) lines.push(`${opening}/>`);
      else
        lines.push(
          `${opening}>`,
          `      <${test.outcome.type} message="${escapeXml(test.outcome.message)}"/>`,
          '    </testcase>',
        );
    }
    lines.push('  </testsuite>');
  }
  return `${[...lines, '</testsuites>'].join('\n')}\n`;
}

function counts(cases: readonly JunitCase[]): string {
  const of = (type: string) => cases.filter(({ outcome }) => outcome?.type === type).length;
  return `tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}"`;
}

/** Everything that XML 1.0 has no place for, surrogates without a partner included; https://www.w3.org/TR/xml/#charsets */
const notXml = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapeXml(text: string): string {
  return text.replace(notXml, '').replace(/[&<>"'\t\n\r]/g, (character) => entities[character] ?? '');
}
