// What ESLint and typescript-eslint know of a file's variables: code paths from ESLint, names from the scope manager.
//
// Reads a list of [name, path] from standard input, writes one line of JSON for each file: [name, functions], or [name, null] where it does not parse.
// A function is {start, end, names, captured, parameters, segments, first}; a segment {events, next}; an event [offset, kind, variable], kind r(ead), w(rite),
// m(aybe written) or s(tands there). Offsets count UTF-16 units.
import fs from "node:fs";
import { Linter } from "eslint";
import parser from "@typescript-eslint/parser";

const PATTERNS = new Set(["ObjectPattern", "ArrayPattern", "Property", "RestElement", "AssignmentPattern", "TSParameterProperty"]);
const STANDING = ["Identifier", "Literal", "ThisExpression", "TemplateElement", "BreakStatement", "ContinueStatement", "ReturnStatement", "JSXText"];

/** The node at whose end a written name has its value. */
function taking(identifier) {
  let node = identifier, parent = node.parent;
  while (parent && PATTERNS.has(parent.type)) [node, parent] = [parent, parent.parent];
  return ["VariableDeclarator", "AssignmentExpression", "UpdateExpression"].includes(parent?.type) && !/^For(In|Of)/.test(parent.parent?.parent?.type ?? "")
    ? parent : node;
}

function isForTarget(identifier) {
  for (let node = identifier; node.parent; node = node.parent)
    if (/^For(In|Of)Statement$/.test(node.parent.type)) return node.parent.left === node ? node.parent.left : null;
  return null;
}

const functionOf = (scope) => scope.variableScope;

function rule(found) {
  return {
    create(context) {
      const source = context.sourceCode, manager = source.scopeManager;
      const reads = new Map(), writes = new Map();
      const note = (map, key, value) => map.has(key) ? map.get(key).push(value) : map.set(key, [value]);
      const about = new Map();
      for (const scope of manager.scopes)
        for (const variable of scope.variables) {
          const home = functionOf(scope);
          if (home.type !== "function" || variable.name === "arguments") continue;
          const assigned = variable.references.some((one) => one.isWrite());
          if (variable.defs.length && variable.defs.every((one) => one.type === "FunctionName") && !assigned) continue;
          if (!variable.defs.some((one) => ["Variable", "Parameter", "CatchClause", "FunctionName", "ClassName"].includes(one.type))) continue;
          if (variable.defs.some((one) => one.type === "ClassName" && one.node === scope.block)) continue;
          about.set(variable, home);
          for (const one of variable.defs) {
            if (one.type === "ClassName") note(writes, one.node, [one.name.range[0], "w", variable, home]);
            if (one.type === "CatchClause") note(writes, one.node.param, [one.name.range[0], "w", variable, home]);
          }
          for (const one of variable.references) {
            if (one.isValueReference === false) continue;
            const inner = functionOf(one.from) !== home;
            const at = one.identifier.range[0];
            if (one.isRead()) note(reads, one.identifier, [at, "r", variable, home, inner]);
            if (one.isWrite()) {
              const target = isForTarget(one.identifier) ?? taking(one.identifier);
              note(writes, target, [at, inner ? "m" : "w", variable, home, inner]);
            }
          }
        }
      let paths = null;
      const emit = (event) => {
        const [at, kind, variable, home] = event;
        for (let path = paths; path; path = path.upper)
          if (path.scope === home) {
            for (const id of path.current) path.segments.get(id).events.push([at, kind, path.index(variable)]);
            return;
          }
      };
      return {
        onCodePathStart(codePath, node) {
          const scope = manager.acquire(node, true);
          const home = scope ? functionOf(scope) : null;
          const variables = [];
          const index = (variable) => {
            const known = variables.indexOf(variable);
            return known >= 0 ? known : variables.push(variable) - 1;
          };
          paths = { upper: paths, node, origin: codePath.origin, scope: codePath.origin === "function" ? home : null, current: new Set(), segments: new Map(),
            variables, index, first: codePath.initialSegment.id };
        },
        onCodePathEnd() {
          const path = paths;
          paths = path.upper;
          if (!path.scope) return;
          const parameters = path.variables.flatMap((variable, at) => variable.defs.some((one) => one.type === "Parameter") ? [at] : []);
          const captured = path.variables.flatMap((variable, at) => variable.references.some((one) => functionOf(one.from) !== path.scope) ? [at] : []);
          found.push({ start: path.node.range[0], end: path.node.range[1], names: path.variables.map((variable) => variable.name), captured, parameters,
            first: path.first, segments: [...path.segments].map(([id, one]) => [id, { events: one.events, next: one.segment.nextSegments.map((next) => next.id) }]) });
        },
        onCodePathSegmentStart(segment) {
          paths.segments.set(segment.id, { segment, events: [] });
          paths.current.add(segment.id);
        },
        onCodePathSegmentEnd(segment) { paths.current.delete(segment.id); },
        "*"(node) {
          if (STANDING.includes(node.type))
            for (const id of paths.current) paths.segments.get(id).events.push([node.range[0], "s", -1]);
          for (const event of reads.get(node) ?? []) emit(event);
        },
        "*:exit"(node) { for (const event of writes.get(node) ?? []) emit(event); },
      };
    },
  };
}

const linter = new Linter();
for (const [name, path] of JSON.parse(fs.readFileSync(0, "utf8"))) {
  const found = [];
  const languageOptions = { parser, parserOptions: { ecmaFeatures: { jsx: true } } };
  const plugins = { oracle: { rules: { flow: rule(found) } } };
  const config = [{ files: ["**/*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}"], languageOptions, plugins, rules: { "oracle/flow": "error" } }];
  const said = linter.verify(fs.readFileSync(path, "utf8"), config, { filename: name, allowInlineConfig: false });
  if (said.some((one) => one.fatal && !/Parsing error/.test(one.message))) throw new Error(said[0].message);
  console.log(JSON.stringify([name, said.some((one) => one.fatal) ? null : found]));
}
