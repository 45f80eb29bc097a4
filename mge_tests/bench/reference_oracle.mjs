// What TypeScript's own language service knows of every use of a name: which lines define it.
//
//     node reference_oracle.mjs NODE_MODULES ROOT   (a JSON list of files below ROOT on standard input)
//
// Writes one line of JSON for each use: [file, line, column, name, kind, [[file, line], …]]. Lines and columns count from 1. A name that an import or
// a re-export hands on has every line of the chain; an exported default that is itself a name ends the chain of a value. What lies outside the files is left out.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const [, , modules, root] = process.argv;
const ts = createRequire(path.join(modules, "x.js"))("typescript");
const files = JSON.parse(fs.readFileSync(0, "utf8"));
const inside = new Map(files.map((file) => [path.join(root, file), file]));
const config = path.join(root, "tsconfig.json");
const read = fs.existsSync(config) ? ts.parseConfigFileTextToJson(config, fs.readFileSync(config, "utf8")).config?.compilerOptions ?? {} : {};
const asked = ts.convertCompilerOptionsFromJson(read, root).options;
const options = {
  ...asked, allowJs: true, checkJs: false, noEmit: true, strict: true, jsx: ts.JsxEmit.Preserve, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler, experimentalDecorators: true, allowImportingTsExtensions: true, types: [], composite: false,
};
const host = {
  getScriptFileNames: () => [...inside.keys()], getScriptVersion: () => "1", getCurrentDirectory: () => root, getCompilationSettings: () => options,
  getScriptSnapshot: (name) => (fs.existsSync(name) ? ts.ScriptSnapshot.fromString(fs.readFileSync(name, "utf8")) : undefined),
  getDefaultLibFileName: ts.getDefaultLibFilePath, fileExists: ts.sys.fileExists, readFile: ts.sys.readFile, readDirectory: ts.sys.readDirectory,
  directoryExists: ts.sys.directoryExists, getDirectories: ts.sys.getDirectories,
};
const service = ts.createLanguageService(host);
const program = service.getProgram(), checker = program.getTypeChecker();

const lineOf = (source, position) => source.getLineAndCharacterOfPosition(position).line + 1;

function place(declaration) {
  const source = declaration.getSourceFile(), file = inside.get(source.fileName);
  if (file === undefined || ts.isSourceFile(declaration)) return null;
  let name = ts.getNameOfDeclaration(declaration) ?? declaration;
  if (ts.isExportAssignment(declaration)) name = declaration.expression;
  if (ts.isBinaryExpression(declaration)) name = ts.isPropertyAccessExpression(declaration.left) ? declaration.left.name : declaration.left;
  return [file, lineOf(source, name.getStart(source))];
}

const TYPES = new Set([ts.SyntaxKind.InterfaceDeclaration, ts.SyntaxKind.TypeAliasDeclaration, ts.SyntaxKind.TypeParameter]);
const VALUES = new Set([ts.SyntaxKind.VariableDeclaration, ts.SyntaxKind.FunctionDeclaration, ts.SyntaxKind.BindingElement, ts.SyntaxKind.Parameter]);
const anything = () => true;
const isTypeLike = (declaration) => !VALUES.has(declaration.kind) && declaration.kind !== ts.SyntaxKind.ModuleDeclaration;
const isSpaceLike = (declaration) => isValueLike(declaration) && !VALUES.has(declaration.kind);
const isValueLike = (declaration) => !TYPES.has(declaration.kind);

/** What may declare the name used here: one name may be a type and a value, declared apart. */
function meaning(node) {
  if (ts.isImportSpecifier(node.parent) || ts.isExportSpecifier(node.parent)) return anything;
  for (let around = node.parent; ts.isQualifiedName(around) || ts.isImportEqualsDeclaration(around); around = around.parent)
    if (ts.isImportEqualsDeclaration(around)) return anything;
  if (ts.isQualifiedName(node.parent) && node.parent.left === node && ts.isPartOfTypeNode(node.parent)) return isSpaceLike;
  if (ts.isTypePredicateNode(node.parent) && node.parent.parameterName === node) return isValueLike;
  return ts.isPartOfTypeNode(node) ? isTypeLike : isValueLike;
}

/** Lines of a symbol and of all that it stands for. */
function chain(symbol, means, isProperty, found) {
  const seen = new Set();
  while (symbol && !seen.has(symbol)) {
    seen.add(symbol);
    for (const declaration of symbol.declarations ?? []) {
      if (!isProperty && (ts.isBinaryExpression(declaration) || ts.isPropertyAccessExpression(declaration) || ts.isIdentifier(declaration))) continue; // `A.x = 1` also counts as a part of A
      if (!means(declaration)) continue;
      const at = place(declaration);
      if (at) found.set(at.join(":"), at);
    }
    if (means !== isTypeLike && symbol.declarations?.some((one) => ts.isExportAssignment(one) && !one.isExportEquals && ts.isIdentifier(one.expression))) break;
    symbol = symbol.flags & ts.SymbolFlags.Alias ? checker.getImmediateAliasedSymbol(symbol) : undefined;
  }
  return found;
}

function isDeclared(node) {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent) || ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isShorthandPropertyAssignment(parent) || ts.isMetaProperty(parent)) return false;
  return parent.name === node || (ts.isBindingElement(parent) && parent.name === node);
}

/** Assigned where it stands: a definition of JavaScript's, and of TypeScript's where nothing else declares the property. */
function isWritten(node) {
  const target = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node ? node.parent : node;
  const assigned = ts.isAssignmentTarget ? ts.isAssignmentTarget(target) : ts.isAssignmentExpression(target.parent, true) && target.parent.left === target;
  if (!assigned) return false;
  if (/\.[cm]?jsx?$/.test(node.getSourceFile().fileName)) return true;
  return (checker.getSymbolAtLocation(node)?.declarations ?? []).some((one) => ts.isBinaryExpression(one) || one === target);
}

function kindOf(node, symbol) {
  const parent = node.parent;
  if (ts.isImportSpecifier(parent)) return "import";
  if (ts.isExportSpecifier(parent)) return "export";
  if (ts.isBreakOrContinueStatement(parent)) return "label";
  if (ts.isBindingElement(parent) && parent.propertyName === node) return "pattern key";
  if ((ts.isPropertyAccessExpression(parent) && parent.name === node)) return ts.isCallExpression(parent.parent) && parent.parent.expression === parent ? "method" : "property";
  if (ts.isQualifiedName(parent) && parent.right === node) return "qualified";
  if (ts.isJsxOpeningLikeElement(parent) || ts.isJsxClosingElement(parent)) return "JSX";
  if (ts.isShorthandPropertyAssignment(parent)) return "shorthand";
  if (!symbol) return "unknown";
  if (symbol.flags & ts.SymbolFlags.Alias) return "imported";
  if (symbol.flags & ts.SymbolFlags.TypeParameter) return "type parameter";
  if (ts.isPartOfTypeNode(node)) return "type";
  const declaration = symbol.declarations?.[0];
  if (declaration && ts.getRootDeclaration(declaration).kind === ts.SyntaxKind.Parameter) return "parameter";
  let around = declaration;
  while (around && !ts.isFunctionLike(around) && !ts.isSourceFile(around)) around = around.parent;
  if (declaration && ts.isFunctionLike(declaration)) around = declaration.parent && ts.isSourceFile(declaration.parent) ? declaration.parent : around;
  return around && !ts.isSourceFile(around) ? "local" : "module";
}

function answer(node, source) {
  const parent = node.parent;
  if (parent.parent && (ts.isMetaProperty(parent) || ts.isNamespaceExport(parent) || ts.isJsxAttribute(parent) || ts.isNamedTupleMember(parent))) return;
  let symbol = ts.isShorthandPropertyAssignment(parent) ? checker.getShorthandAssignmentValueSymbol(parent) : checker.getSymbolAtLocation(node);
  const found = new Map();
  if (isWritten(node)) return;
  const kind = kindOf(node, symbol);
  if (ts.isImportSpecifier(parent)) {
    if (parent.propertyName && parent.name === node) return;
    symbol = checker.getImmediateAliasedSymbol(checker.getSymbolAtLocation(parent.name));
  } else if (ts.isExportSpecifier(parent)) {
    if (parent.propertyName && parent.name === node) return;
    symbol = parent.parent.parent.moduleSpecifier ? checker.getImmediateAliasedSymbol(checker.getSymbolAtLocation(parent.name)) : checker.getExportSpecifierLocalTargetSymbol(parent);
  }
  if (symbol && symbol.escapedName !== "unknown") chain(symbol, meaning(node), kind === "property" || kind === "method", found);
  else if (!ts.isImportSpecifier(parent) && !ts.isExportSpecifier(parent))
    for (const one of service.getDefinitionAtPosition(source.fileName, node.getStart(source)) ?? []) {
      const file = inside.get(one.fileName);
      if (file !== undefined) found.set(`${file}:${one.textSpan.start}`, [file, lineOf(program.getSourceFile(one.fileName), one.textSpan.start)]);
    }
  const at = source.getLineAndCharacterOfPosition(node.getStart(source));
  const row = [inside.get(source.fileName), at.line + 1, at.character + 1, node.text, kind, [...found.values()]];
  process.stdout.write(JSON.stringify(row) + "\n");
}

for (const [name] of inside) {
  const source = program.getSourceFile(name);
  if (!source) continue;
  const visit = (node) => {
    if ((ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) && !isDeclared(node) && node.text) answer(node, source);
    ts.forEachChild(node, visit);
  };
  visit(source);
}
