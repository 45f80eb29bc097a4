import assert from "node:assert/strict";

import { formatAgo, formatCount, formatDay, formatMoney, formatSku, shorten, thousands } from "../web/format.mjs";

const MINUTE = 60_000;

assert.equal(thousands(1234567), "1,234,567");
assert.equal(thousands(12), "12");

assert.equal(formatMoney(123456), "1,234.56 EUR");
assert.equal(formatMoney(5), "0.05 EUR");
assert.equal(formatMoney(-1999, "USD"), "-19.99 USD");
assert.equal(formatMoney(1234, "JPY"), "1,234 JPY");
assert.throws(() => formatMoney(1, "XXX"), RangeError);

assert.equal(formatCount(1, "piece"), "1 piece");
assert.equal(formatCount(2000, "piece"), "2,000 pieces");
assert.equal(formatCount(3, "box", "boxes"), "3 boxes");

assert.equal(formatAgo(0, 10), "just now");
assert.equal(formatAgo(0, MINUTE), "1 minute ago");
assert.equal(formatAgo(0, 3 * 24 * 60 * MINUTE), "3 days ago");

assert.equal(formatDay(Date.UTC(2026, 2, 9, 23, 59)), "2026-03-09");
assert.equal(formatSku("abc0001x"), "ABC-0001-X");
assert.equal(shorten("green tea", 20), "green tea");
assert.equal(shorten("green tea from the hills", 10), "green tea…");

console.log("format: all passed");
