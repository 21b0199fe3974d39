import { parseSync } from 'oxc-parser';

/** An import, re-export, `import()` or `import('...').Type` of a source file; types count as much as values. */
export interface Import {
  readonly specifier: string;
  /** The names asked for, as the other module calls them; `*` for all of it. */
  readonly names: readonly string[];
  readonly line: number;
}

/** Something that a file says, with the place where it says it. */
export interface Mark {
  readonly what: string;
  readonly line: number;
}

/** What the architecture rules need to know of one source file. */
export interface SourceFile {
  /** Path from the repository root, with forward slashes: `src/event/event.ts` */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Uses of time, randomness, environment, network and other things that differ from run to run. */
  readonly impurities: readonly Mark[];
  /** Variables of the module itself that can change. */
  readonly moduleState: readonly Mark[];
  readonly defaultExports: readonly Mark[];
  /** True where the file hands on what others export and says nothing of its own. */
  readonly isBarrel: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** Global names that no pure code can use in any way. */
const impureGlobals = new Set([
  'process',
  'performance',
  'fetch',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'require',
  'globalThis',
  'global',
]);

/** Members of otherwise harmless globals that give another answer on every call. */
const impureMembers = new Set(['Date.now', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues']);

/** Reads a TypeScript source text. Throws where it does not parse, so that nothing unread counts as checked. */
export function readSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: does not parse: ${error.message}`);

  const lineAt = lineFinder(text);
  const imports: Import[] = [];
  const impurities: Mark[] = [];
  const moduleState: Mark[] = [];
  const defaultExports: Mark[] = [];
  const statements = program.body as unknown as readonly Node[];

  for (const statement of statements) {
    if (statement.type === 'ExportDefaultDeclaration' || statement.type === 'TSExportAssignment') {
      defaultExports.push({ what: 'default export', line: lineAt(statement.start) });
    }
    if (exportedNames(statement).includes('default')) {
      defaultExports.push({ what: 'default export', line: lineAt(statement.start) });
    }
    const declaration =
      statement.type === 'ExportNamedDeclaration' ? child(statement, 'declaration') : statement;
    if (declaration?.type === 'VariableDeclaration' && declaration['kind'] !== 'const') {
      moduleState.push({
        what: `module-level ${String(declaration['kind'])}`,
        line: lineAt(declaration.start),
      });
    }
  }

  walk(program as unknown as Node, undefined, (node, parent, key) => {
    const line = lineAt(node.start);
    const specifier = importedSpecifier(node);
    if (specifier !== undefined) imports.push({ specifier, names: importedNames(node), line });
    const impurity = impurityOf(node, parent, key);
    if (impurity !== undefined) impurities.push({ what: impurity, line });
  });

  return { path, imports, impurities, moduleState, defaultExports, isBarrel: isBarrel(statements) };
}

function importedSpecifier(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType': {
      const source = child(node, 'source');
      return typeof source?.['value'] === 'string' ? source['value'] : undefined;
    }
    default:
      return undefined;
  }
}

function importedNames(node: Node): readonly string[] {
  if (node.type !== 'ImportDeclaration' && node.type !== 'ExportNamedDeclaration') return ['*'];
  const specifiers = children(node, 'specifiers');
  // `import 'x'` asks for no name and runs all of it.
  if (specifiers.length === 0) return ['*'];
  return specifiers.map((specifier) => {
    switch (specifier.type) {
      case 'ImportSpecifier':
        return nameOf(child(specifier, 'imported'));
      case 'ExportSpecifier':
        return nameOf(child(specifier, 'local'));
      case 'ImportDefaultSpecifier':
        return 'default';
      default:
        return '*';
    }
  });
}

function exportedNames(statement: Node): readonly string[] {
  if (statement.type === 'ExportAllDeclaration') return [nameOf(child(statement, 'exported'))];
  if (statement.type !== 'ExportNamedDeclaration') return [];
  return children(statement, 'specifiers').map((specifier) => nameOf(child(specifier, 'exported')));
}

/** Says in what way a node is impure, if it is. Names are taken at their word: a local variable should not be called `process`. */
function impurityOf(node: Node, parent: Node | undefined, key: string): string | undefined {
  if (node.type === 'MemberExpression' && node['computed'] === false) {
    const member = `${nameOf(child(node, 'object'))}.${nameOf(child(node, 'property'))}`;
    return impureMembers.has(member) ? member : undefined;
  }
  if (
    (node.type === 'NewExpression' || node.type === 'CallExpression') &&
    nameOf(child(node, 'callee')) === 'Date'
  ) {
    // `new Date(ms)` only converts; without arguments it reads the clock, as a plain call always does.
    const reads = node.type === 'CallExpression' || children(node, 'arguments').length === 0;
    return reads ? (node.type === 'NewExpression' ? 'new Date()' : 'Date()') : undefined;
  }
  if (node.type === 'Identifier' && impureGlobals.has(nameOf(node)) && isReference(parent, key))
    return nameOf(node);
  return undefined;
}

/** Whether an identifier at this place of its parent stands for a variable, and is no name of a member, key or type part. */
function isReference(parent: Node | undefined, key: string): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return key === 'object' || parent['computed'] === true;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return key === 'value' || parent['computed'] === true;
    case 'TSPropertySignature':
    case 'TSMethodSignature':
    case 'ImportSpecifier':
    case 'ExportSpecifier':
    case 'TSQualifiedName':
    case 'LabeledStatement':
      return false;
    default:
      return true;
  }
}

function isBarrel(statements: readonly Node[]): boolean {
  let handsOn = 0;
  const imported = new Set<string>();
  for (const statement of statements) {
    if (statement.type === 'ImportDeclaration') {
      for (const specifier of children(statement, 'specifiers'))
        imported.add(nameOf(child(specifier, 'local')));
    }
  }
  for (const statement of statements) {
    if (statement.type === 'ImportDeclaration') continue;
    if (statement.type === 'ExportAllDeclaration') handsOn += 1;
    else if (statement.type === 'ExportNamedDeclaration' && child(statement, 'declaration') === undefined) {
      const locals = children(statement, 'specifiers').map((specifier) => nameOf(child(specifier, 'local')));
      const passesOn = child(statement, 'source') !== undefined || locals.every((name) => imported.has(name));
      if (!passesOn || locals.length === 0) return false;
      handsOn += 1;
    } else return false;
  }
  return handsOn > 0;
}

function walk(
  node: Node,
  parent: Node | undefined,
  visit: (node: Node, parent: Node | undefined, key: string) => void,
  key = '',
): void {
  visit(node, parent, key);
  for (const [name, value] of Object.entries(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (isNode(item)) walk(item, node, visit, name);
    }
  }
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'start' in value
  );
}

function child(node: Node, key: string): Node | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

function children(node: Node, key: string): readonly Node[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The name of an identifier, or the text of a string that stands where a name may. */
function nameOf(node: Node | undefined): string {
  const value = node?.type === 'Identifier' ? node['name'] : node?.type === 'Literal' ? node['value'] : '';
  return typeof value === 'string' ? value : '';
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? Infinity) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
