/** A Markdown table. Cells are Markdown; line breaks and bars in them are made harmless. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text as code, whatever is in it. */
export function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text}${fence}`;
}

/** Plain words as Markdown: nothing in them becomes a tag or emphasis. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replace(/[<*_]/g, '\\$&');
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}
