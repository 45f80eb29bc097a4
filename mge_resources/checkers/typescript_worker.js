// Keeps TypeScript's compiler warm: questions as JSON lines on standard input, answers as JSON lines on standard output. It runs none of the code.
// A question: {write: {name: text}, remove: [name], focus: [name] | null}, or with compile: true for JavaScript in place of remarks. Files live in memory only.
"use strict";
const path = require("node:path");
const readline = require("node:readline");

const ts = require(path.join(process.argv[2], "lib", "typescript.js"));
const LIBRARY = path.join(process.argv[2], "lib");
const ROOT = "/project/";
const texts = new Map();
const CODE = /\.(d\.ts|[cm]?[jt]sx?)$/;

const options = (strict) => ({
  strict,
  noEmit: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  esModuleInterop: true,
  allowSyntheticDefaultImports: true,
  resolveJsonModule: true,
  allowImportingTsExtensions: true,
  experimentalDecorators: true,
  useUnknownInCatchVariables: false,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Legacy,
  jsx: ts.JsxEmit.Preserve,
  lib: ["lib.esnext.full.d.ts"],
  types: [],
});

const held = (name) => (name.startsWith(ROOT) ? texts.get(name.slice(ROOT.length)) : undefined);
const inLibrary = (name) => name.startsWith(LIBRARY + path.sep) || name.startsWith(LIBRARY + "/");

// Where modules are by the tsconfig.json or jsconfig.json nearest to a file.
const isConfig = (name) => /(^|\/)[tj]sconfig[^/]*\.json$/.test(name);
const places = new Map();
function placesOf(file) {
  const folder = path.posix.dirname(file);
  const known = places.get(folder);
  if (known) return known;
  const name = ["tsconfig.json", "jsconfig.json"].map((one) => path.posix.join(folder, one)).find((one) => held(one));
  let found = {};
  if (name) {
    const reader = { useCaseSensitiveFileNames: true, readDirectory: () => [], fileExists: (one) => held(one) !== undefined, readFile: (one) => held(one)?.text };
    const { options: told } = ts.parseJsonConfigFileContent(ts.readConfigFile(name, reader.readFile).config ?? {}, reader, folder, undefined, name);
    for (const key of ["paths", "baseUrl", "pathsBasePath", "rootDirs"]) if (told[key] !== undefined) found[key] = told[key];
  } else if (folder.startsWith(ROOT)) found = placesOf(folder);
  places.set(folder, found);
  return found;
}

function service(strict) {
  const settings = options(strict);
  const host = {
    getCompilationSettings: () => settings,
    getScriptFileNames: () => [...texts.keys()].filter((name) => CODE.test(name)).map((name) => ROOT + name),
    getScriptVersion: (name) => String(held(name)?.version ?? 0),
    getScriptSnapshot: (name) => {
      const text = held(name)?.text ?? (inLibrary(name) ? ts.sys.readFile(name) : undefined);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: () => path.join(LIBRARY, "lib.esnext.full.d.ts"),
    fileExists: (name) => held(name) !== undefined || (inLibrary(name) && ts.sys.fileExists(name)),
    readFile: (name) => held(name)?.text ?? (inLibrary(name) ? ts.sys.readFile(name) : undefined),
    directoryExists: (name) => name === "/" || inLibrary(name) || [...texts.keys()].some((file) => (ROOT + file).startsWith(name.endsWith("/") ? name : `${name}/`)),
    getDirectories: () => [],
    useCaseSensitiveFileNames: () => true,
  };
  // Each file's modules are found by the configuration nearest to it.
  const find = (file, given) => ({ text }) => ts.resolveModuleName(text, file, { ...given, ...placesOf(file) }, host);
  if ([...texts.keys()].some(isConfig)) host.resolveModuleNameLiterals = (literals, file, _, given) => literals.map(find(file, given));
  return ts.createLanguageService(host, registry);
}

const registry = ts.createDocumentRegistry(true, ROOT);
const services = { true: service(true), false: service(false) };

function remark(file, found) {
  const { line, character } = ts.getLineAndCharacterOfPosition(found.file ?? file, found.start ?? 0);
  const message = ts.flattenDiagnosticMessageText(found.messageText, " ");
  return { rule: `TS${found.code}`, line: line + 1, column: character, message: message.slice(0, 400) };
}

function check(strict, focus) {
  const checker = services[strict];
  const program = checker.getProgram();
  const remarks = [];
  for (const name of focus ?? texts.keys()) {
    if (!CODE.test(name) || name.endsWith(".d.ts") || !texts.has(name)) continue;
    const file = program.getSourceFile(ROOT + name);
    if (!file) continue;
    const found = [...checker.getSyntacticDiagnostics(ROOT + name), ...checker.getSemanticDiagnostics(ROOT + name)];
    for (const one of found) if (one.category === ts.DiagnosticCategory.Error) remarks.push({ file: name, ...remark(file, one) });
  }
  return remarks;
}

function answer(question) {
  const configured = [...question.remove, ...Object.keys(question.write)].some(isConfig);
  for (const name of question.remove) texts.delete(name);
  for (const [name, text] of Object.entries(question.write)) texts.set(name, { text, version: (texts.get(name)?.version ?? 0) + 1 });
  if (configured) {
    places.clear();
    for (const strict of [true, false]) services[strict] = service(strict); // what was found by the old paths is forgotten
  }
  if (question.compile) return { compiled: compileAll(question.focus) };
  // What strict mode says is wrong; what holds without it too is wrong under any setting of the project's own.
  const strict = check(true, question.focus);
  const doubtful = [...new Set(strict.map((one) => one.file))];
  const loose = new Set((doubtful.length ? check(false, doubtful) : []).map(key));
  return { remarks: strict.map((one) => ({ ...one, grade: loose.has(key(one)) ? "high" : "medium" })) };
}

// --- TypeScript as JavaScript, file by file

const RELATIVE = /^\.\.?\//;
const TYPESCRIPT = /\.[cm]?tsx?$/;
const ENDINGS = ["", ".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", "/index.ts", "/index.tsx", "/index.js"];
const parsed = new Map();

function sourceOf(name) {
  const text = texts.get(name).text;
  const known = parsed.get(name);
  if (known?.text === text) return known;
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
  const found = { text, file, types: new Set(), values: new Set(), exported: new Map() };
  for (const statement of file.statements) declared(statement, found);
  parsed.set(name, found);
  return found;
}

function declared(node, found) {
  const ambient = (ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined)?.some((one) => one.kind === ts.SyntaxKind.DeclareKeyword);
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || (ambient && node.name)) found.types.add(node.name.text);
  else if (ts.isVariableStatement(node)) for (const one of node.declarationList.declarations) (ambient ? found.types : found.values).add(one.name.getText(found.file));
  else if (node.name && ts.isIdentifier(node.name)) found.values.add(node.name.text);
  if (ts.isImportDeclaration(node) && node.importClause?.namedBindings && ts.isNamedImports(node.importClause.namedBindings)) {
    for (const one of node.importClause.namedBindings.elements) {
      found.exported.set(`import ${one.name.text}`, { from: node.moduleSpecifier.text, name: (one.propertyName ?? one.name).text, type: one.isTypeOnly || node.importClause.isTypeOnly });
    }
  }
  if (ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause)) {
    for (const one of node.exportClause.elements) {
      found.exported.set(one.name.text, { from: node.moduleSpecifier?.text, name: (one.propertyName ?? one.name).text, type: one.isTypeOnly || node.isTypeOnly });
    }
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && !node.exportClause) found.exported.set(`* ${node.moduleSpecifier.text}`, { from: node.moduleSpecifier.text });
}

function resolved(from, specifier) {
  if (!RELATIVE.test(specifier)) return undefined;
  const base = path.posix.join(path.posix.dirname(from), specifier);
  const bases = [base, base.replace(/\.([cm]?)jsx?$/, ".$1ts"), base.replace(/\.jsx?$/, "")];
  return bases.flatMap((one) => ENDINGS.map((ending) => one + ending)).find((one) => texts.has(one));
}

// Whether what a file offers under a name is a type and nothing else; undefined where it offers no such name.
function isType(name, wanted, seen = new Set()) {
  const id = `${name} ${wanted}`;
  if (name === undefined || seen.has(id)) return undefined;
  seen.add(id);
  const found = sourceOf(name);
  const told = found.exported.get(wanted);
  if (told?.type) return true;
  if (told?.from) return isType(resolved(name, told.from), told.name, seen);
  const own = told ? told.name : wanted;
  if (found.values.has(own)) return false;
  if (found.types.has(own)) return true;
  const brought = found.exported.get(`import ${own}`);
  if (told && brought) return brought.type || isType(resolved(name, brought.from), brought.name, seen);
  for (const [key, one] of found.exported) {
    const deeper = key.startsWith("* ") ? isType(resolved(name, one.from), wanted, seen) : undefined;
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

// A file alone does not tell that a name it hands on is a type of another file: it is marked as one, in its place.
function marked(name) {
  const { file, text } = sourceOf(name);
  const places = [];
  for (const node of file.statements) {
    const named = ts.isImportDeclaration(node) ? node.importClause?.namedBindings : ts.isExportDeclaration(node) ? node.exportClause : undefined;
    if (!named || !(ts.isNamedImports(named) || ts.isNamedExports(named)) || node.isTypeOnly || node.importClause?.isTypeOnly) continue;
    for (const one of named.elements) {
      const own = (one.propertyName ?? one.name).text;
      const target = node.moduleSpecifier ? resolved(name, node.moduleSpecifier.text) : undefined;
      const brought = node.moduleSpecifier ? undefined : sourceOf(name).exported.get(`import ${own}`);
      const type = brought ? brought.type || isType(resolved(name, brought.from), brought.name) : isType(target, own);
      if (!one.isTypeOnly && type) places.push(one.getStart(file));
    }
  }
  return places.reverse().reduce((said, at) => `${said.slice(0, at)}type ${said.slice(at)}`, text);
}

function settingsOf() {
  const held = texts.get("tsconfig.json");
  return (held && ts.parseConfigFileTextToJson("tsconfig.json", held.text).config?.compilerOptions) || {};
}

// Decorators are the language's own, unless the project says otherwise or has what only the older kind allows.
function legacyDecorators(settings, name) {
  if (settings.experimentalDecorators !== undefined) return Boolean(settings.experimentalDecorators);
  const all = [...texts].filter(([one]) => TYPESCRIPT.test(one)).map(([, one]) => one.text);
  if (all.some((text) => /\bClass(Method|Field|Accessor|Getter|Setter)?DecoratorContext\b/.test(text))) return false;
  const inParameter = (node) => (ts.isParameter(node) && ts.canHaveDecorators(node) && Boolean(ts.getDecorators(node)?.length)) || ts.forEachChild(node, inParameter);
  return all.some((text) => /\b(Property|Method|Parameter|TypedProperty)(Descriptor|Decorator)\b|reflect-metadata/.test(text)) || Boolean(inParameter(sourceOf(name).file));
}

function compiled(name, settings) {
  const text = marked(name);
  const common = name.endsWith(".cts") || (!name.endsWith(".mts") && (/^\s*export\s*=/m.test(text) || !ts.isExternalModule(sourceOf(name).file)));
  const legacy = /@/.test(text) && legacyDecorators(settings, name);
  const told = ts.transpileModule(text, {
    fileName: name,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: common ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext,
      jsx: ts.JsxEmit.React,
      esModuleInterop: true,
      inlineSourceMap: true,
      experimentalDecorators: legacy,
      emitDecoratorMetadata: Boolean(settings.emitDecoratorMetadata),
      useDefineForClassFields: settings.useDefineForClassFields ?? !legacy,
    },
  });
  const wrong = told.diagnostics.find((one) => one.category === ts.DiagnosticCategory.Error && one.code < 2000);
  if (wrong) {
    const line = ts.getLineAndCharacterOfPosition(sourceOf(name).file, Math.min(wrong.start ?? 0, text.length)).line;
    return { text: `${"\n".repeat(line)}@@ // ${ts.flattenDiagnosticMessageText(wrong.messageText, " ")}\n`, module: !common };
  }
  const needs = !common && /\b(require\s*[.(]|__dirname\b|__filename\b)/.test(text) && !/\b(createRequire|(const|let|var)\s+(require|__dirname|__filename)\b)/.test(text);
  return { text: (needs ? BRIDGE : "") + told.outputText, module: !common };
}

// What a module of the older kind finds around it, on the first line, so that no line moves.
const BRIDGE = 'import { createRequire as __mgeRequire } from "node:module"; import { fileURLToPath as __mgePath } from "node:url"; '
  + 'const require = __mgeRequire(import.meta.url), __filename = __mgePath(import.meta.url), __dirname = __filename.replace(/\\/[^/]*$/, ""); ';

function compileAll(names) {
  const settings = settingsOf();
  return Object.fromEntries(names.map((name) => [name, compiled(name, settings)]));
}

const key = (one) => `${one.file}:${one.line}:${one.column}:${one.rule}`;

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  let told;
  try {
    told = answer(JSON.parse(line));
  } catch (error) {
    told = { error: String(error?.stack ?? error).slice(0, 400) };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
});
