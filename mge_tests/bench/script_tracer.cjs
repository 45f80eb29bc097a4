// Notes which instrumented functions call which: preloaded (`node --require`), it gives every module the function that instrumented functions
// run first. Environment: MGE_TRACE_ROOT, the folder with the instrumented files; MGE_TRACE_OUT, a folder for one JSON file per process:
// rows of callee's number, caller's file below the root, line, column, and whether built-in code or files elsewhere stand between the two.
"use strict";

const { mkdirSync, writeFileSync } = require("node:fs");
const { pathToFileURL } = require("node:url");

const root = process.env.MGE_TRACE_ROOT;
const out = process.env.MGE_TRACE_OUT;
const url = pathToFileURL(root).href;
const FRAMES = 12;
const ALWAYS = 100; // calls of one function that are all looked at; after them one of SELDOM is, as a look costs microseconds
const SELDOM = 499;

const counts = [];
const rows = new Map();
const captured = (_, sites) => sites;

function below(file) {
    if (typeof file !== "string") return undefined;
    if (file.startsWith(root)) return file.slice(root.length + 1);
    return file.startsWith(url) ? decodeURIComponent(file.slice(url.length + 1)) : undefined;
}

function frames() {
    const { prepareStackTrace, stackTraceLimit } = Error;
    const holder = {};
    Error.prepareStackTrace = captured;
    Error.stackTraceLimit = FRAMES;
    Error.captureStackTrace(holder, globalThis.__mge);
    const sites = holder.stack;
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
    return sites;
}

function look(number) {
    const sites = frames();
    let way = "direct";
    for (let place = 1; place < sites.length; place++) {
        const site = sites[place];
        if (site.isAsync()) return;
        const name = site.getFileName();
        const file = below(name);
        if (file !== undefined) {
            const key = `${number} ${file} ${site.getLineNumber()} ${site.getColumnNumber()} ${way}`;
            if (!rows.has(key)) rows.set(key, [number, file, site.getLineNumber(), site.getColumnNumber(), way]);
            return;
        }
        way = (name == null || site.isNative()) && way !== "outside" ? "native" : "outside";
    }
}

globalThis.__mge = function (number) {
    const count = (counts[number] = (counts[number] || 0) + 1);
    if (count <= ALWAYS || count % SELDOM === 0) look(number);
};

process.on("exit", () => {
    mkdirSync(out, { recursive: true });
    writeFileSync(`${out}/${process.pid}-${Date.now()}.json`, JSON.stringify({ ran: Object.keys(counts).map(Number), rows: [...rows.values()] }));
});
