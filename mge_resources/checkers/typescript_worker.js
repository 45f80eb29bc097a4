// Keeps TypeScript's compiler warm: questions as JSON lines on standard input, answers as JSON lines on standard output. It runs none of the code.
// A question: {write: {name: text}, remove: [name], focus: [name] | null}. Files live in memory only.
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
  for (const name of question.remove) texts.delete(name);
  for (const [name, text] of Object.entries(question.write)) texts.set(name, { text, version: (texts.get(name)?.version ?? 0) + 1 });
  // What strict mode says is wrong; what holds without it too is wrong under any setting of the project's own.
  const strict = check(true, question.focus);
  const doubtful = [...new Set(strict.map((one) => one.file))];
  const loose = new Set((doubtful.length ? check(false, doubtful) : []).map(key));
  return { remarks: strict.map((one) => ({ ...one, grade: loose.has(key(one)) ? "high" : "medium" })) };
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
