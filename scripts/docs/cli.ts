import type { Command } from 'commander';
import { createProgram } from '../../src/cli/main.ts';
import { code } from './markdown.ts';

/** As wide as a terminal usually is, so that the page does not depend on the one that it was made in. */
const width = 96;

/** The help of every command, as the command itself prints it. */
export function commands(): string {
  const program = createProgram(() => {});
  return [program, ...below(program)].map(section).join('\n\n');
}

/** The names of every command that can be called, such as `rules test`. */
export function commandNames(): readonly string[] {
  return below(createProgram(() => {})).map(nameOf);
}

function below(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help')
    .flatMap((child) => [child, ...below(child)]);
}

function section(command: Command): string {
  const name = nameOf(command);
  return `### ${code(`tocsin${name === '' ? '' : ` ${name}`}`)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\``;
}

/** Without the program's own name. */
function nameOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => width,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}
