import { readFile } from 'node:fs/promises';
import type { Pipeline } from '../sigma/pipeline/pipeline.ts';
import type { PlaceholderValues } from '../sigma/pipeline/placeholders.ts';
import { formatProblem } from '../sigma/problem.ts';
import { ConfigError } from './config-error.ts';

/**
 * Reads the pipelines in the given files, and one more of the values that the configuration has for placeholders.
 * @throws {ConfigError} with all that is wrong: rules that are not fitted as somebody asked would look like rules that find nothing.
 */
export async function loadPipelines(
  paths: readonly string[],
  placeholders: PlaceholderValues = {},
): Promise<readonly Pipeline[]> {
  if (paths.length === 0 && Object.keys(placeholders).length === 0) return [];
  const { readPipeline } = await import('../sigma/pipeline/pipeline.ts');
  const { placeholderPipeline } = await import('../sigma/pipeline/placeholders.ts');
  const pipelines: Pipeline[] = [];
  const wrong: string[] = [];
  for (const path of paths) {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      wrong.push(
        `${path}: the pipeline cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      continue;
    }
    const { pipeline, problems } = readPipeline(text, path);
    if (pipeline !== undefined) pipelines.push(pipeline);
    wrong.push(...problems.map(formatProblem));
  }
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  return Object.keys(placeholders).length === 0
    ? pipelines
    : [...pipelines, placeholderPipeline(placeholders)];
}
