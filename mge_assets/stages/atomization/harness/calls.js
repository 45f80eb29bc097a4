// Makes the calls of calls.json in two processes and in opposite orders, the second each call twice, and writes what came of each.
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";

const HERE = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
const SECONDS = 4, LONGEST = 1500, DEEPEST = 6, SHOWN = 20;
const SLOW = Symbol("slow");
const leave = process.exit.bind(process);
const append = appendFileSync, read = readFileSync;

class NotPlain extends Error {}

function shown(value, depth = 0) {
  if (depth > DEEPEST) throw new NotPlain();
  const inner = (one) => shown(one, depth + 1);
  if (value === undefined) return "undefined";
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object") throw new NotPlain();
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Map) return `Map {${[...value].map(([key, one]) => `${inner(key)} => ${inner(one)}`).join(", ")}}`;
  if (value instanceof Set) return `Set {${[...value].map(inner).join(", ")}}`;
  if (typeof value.next === "function") {
    const found = [];
    for (let step = value.next(); !step.done && found.length < SHOWN; step = value.next()) found.push(inner(step.value));
    return `iterator of [${found.join(", ")}]`;
  }
  const name = Object.getPrototypeOf(value) === null ? "" : value.constructor?.name ?? "";
  const fields = Object.keys(value).sort().map((key) => `${key}: ${inner(value[key])}`);
  return `${name && name !== "Object" ? `${name} ` : ""}{${fields.join(", ")}}`;
}

function reach(module, name) {
  const first = module[`__case_${name}`] ?? module.__cases?.[name] ?? module[name] ?? module.default?.__cases?.[name] ?? module.default?.[name];
  return first ?? (module.default?.name === name ? module.default : undefined);
}

async function make(call, module) {
  const [first, second] = call.target.split(".");
  const args = JSON.parse(call.arguments);
  let owner = reach(module, first);
  if (owner === undefined) throw new NotPlain();
  let before = "";
  globalThis.__make = () => {
    if (call.made_with !== null) {
      owner = new owner(...JSON.parse(call.made_with));
      before = state(owner);
    }
    if (second === undefined) return owner(...args);
    return call.read ? owner[second] : owner[second](...args);
  };
  const value = vm.runInThisContext("globalThis.__make()", { timeout: SECONDS * 1000 });
  const settled = typeof value?.then === "function" ? await soon(value) : value;
  const after = call.made_with === null || call.read ? before : state(owner);
  return [settled, args, after === before ? "" : after];
}

function soon(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new NotPlain()), SECONDS * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function state(made) {
  try {
    return shown(made);
  } catch {
    return "";
  }
}

async function outcome(call, module) {
  try {
    const [value, args, changed] = await make(call, module);
    let text = shown(value);
    if (!call.read && shown(args) !== shown(JSON.parse(call.arguments))) text += `, and its arguments are then ${shown(args)}`;
    if (changed) text += `, and its object is then ${changed}`;
    return text.length <= LONGEST ? [text, false] : [null, false];
  } catch (error) {
    if (error?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return [SLOW, false];
    if (error instanceof NotPlain || /call stack/.test(error?.message)) return [null, false];
    return [error?.constructor?.name ?? typeof error, true];
  }
}

async function child(turn) {
  const plan = JSON.parse(read(`${HERE}/calls.json`, "utf8"));
  const target = `${HERE}/outcomes-${turn}.jsonl`;
  for (const late of ["unhandledRejection", "uncaughtException"]) process.on(late, () => {}); // what a draft leaves behind ends no other call
  process.chdir(`${HERE}/project`);
  register("./hooks.mjs", import.meta.url);
  let module;
  try {
    module = await import(pathToFileURL(`${HERE}/project/${plan.file}`).href);
  } catch (error) {
    append(target, `${JSON.stringify({ fault: `${error?.name}: ${error?.message}`.slice(0, 300) })}\n`);
    return;
  }
  const numbered = plan.calls.map((call, number) => [number, call]);
  const slow = new Set();
  for (const [number, call] of turn ? numbered.reverse() : numbered) {
    let said = slow.has(call.target) ? [SLOW, false] : await outcome(call, module);
    if (said[0] === SLOW) slow.add(call.target);
    else if (turn && String(said) !== String(await outcome(call, module))) said = [null, false]; // it remembers something
    append(target, `${JSON.stringify([number, ...(said[0] === SLOW ? [null, false] : said)])}\n`);
  }
}

if (process.argv[2] === undefined) {
  const other = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), "1"], { stdio: "ignore" });
  const ended = new Promise((resolve) => other.on("exit", resolve).on("error", resolve));
  await child(0);
  await ended;
} else {
  await child(1);
}
leave(0);
