// Runs one test file (an ES module) and writes what came of it when the process ends, however it ends.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [file] = process.argv.slice(2);
const report = { finished: false, code: 0, error: "", stack: "" };
const write = writeFileSync;
process.on("exit", (code) => write("/job/report.json", JSON.stringify({ ...report, code })));
process.chdir("/job/project");
try {
  await import(pathToFileURL(`/job/project/${file}`).href);
} catch (error) {
  report.error = String(error?.message ?? error);
  report.stack = String(error?.stack ?? "");
  process.exitCode = 1;
}
report.finished = true;
