import { expect } from 'vitest';
import { stringify } from 'yaml';
import type { JsonObject } from '../../../event/json.ts';
import { compileField } from '../../field.ts';
import { joinRules, readRules } from '../../parse.ts';
import { formatProblem } from '../../problem.ts';
import { compileRules } from '../../ruleset.ts';
import { readPipeline, type Pipeline } from '../pipeline.ts';

export const view = { field: compileField, whole: (event: JsonObject) => event };

export function pipelineOf(...transformations: readonly object[]): Pipeline {
  return pipelineFrom({ transformations });
}

export function pipelineFrom(document: object, path = 'p.yml'): Pipeline {
  const { pipeline, problems } = readPipeline(stringify(document), path);
  if (pipeline === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return pipeline;
}

export function load(detection: object, pipelines: readonly Pipeline[], head: object = {}) {
  const document = { title: 'T', logsource: { product: 'windows' }, ...head, detection };
  const { rules, problems } = joinRules([readRules(stringify(document), 'r.yml')], pipelines);
  const run = compileRules(rules, view);
  return {
    rule: rules[0],
    problems: problems.map(formatProblem),
    matches: (event: JsonObject) => run(event).length > 0,
  };
}

/** Whether the selection, fitted by the steps, matches the event. */
export function matches(
  selection: unknown,
  steps: readonly object[],
  event: JsonObject,
  head?: object,
): boolean {
  const { problems, matches: run } = load({ s: selection, condition: 's' }, [pipelineOf(...steps)], head);
  expect(problems).toEqual([]);
  return run(event);
}

export const map = (mapping: object, more: object = {}) => ({ type: 'field_name_mapping', mapping, ...more });
