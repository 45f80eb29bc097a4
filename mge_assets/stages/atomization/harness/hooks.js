// Loads the project's files as Node would, and its TypeScript, whose types are gone already; an import without an ending finds its file.
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

const ENDINGS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", "/index.ts", "/index.js"];

export async function resolve(specifier, context, next) {
  if (specifier.startsWith(".") && context.parentURL?.startsWith("file:")) {
    const path = fileURLToPath(new URL(specifier, context.parentURL));
    const bases = [path, path.replace(/\.jsx?$/, ""), path.replace(/\.mjs$/, "")];
    for (const base of bases) {
      for (const ending of ENDINGS) {
        const file = base + ending;
        if (existsSync(file) && statSync(file).isFile()) return next(pathToFileURL(file).href, context);
      }
    }
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (/\.[mc]?tsx?$/.test(url)) {
    return { format: "module", source: readFileSync(fileURLToPath(url), "utf8"), shortCircuit: true };
  }
  return next(url, context);
}
