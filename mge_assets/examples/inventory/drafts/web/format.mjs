/** Texts for people: money, counts, days and identifiers. */

const DIGITS = { EUR: 2, GBP: 2, USD: 2, JPY: 0 };

const MINUTE = 60_000;

const STEPS = [
  { name: "day", length: 24 * 60 * MINUTE },
  { name: "hour", length: 60 * MINUTE },
  { name: "minute", length: MINUTE },
];

/** Digits after the point. Throws RangeError for an unknown currency. */
export function digits(currency) {
  const known = DIGITS[currency];
  if (known === undefined) {
    throw new RangeError(`unknown currency ${currency}`);
  }
  return known;
}

/** A whole number with a comma between thousands. */
export function thousands(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** An amount in the smallest unit, as people write it. */
export function formatMoney(minor, currency = "EUR") {
  const places = digits(currency);
  const text = String(Math.abs(minor)).padStart(places + 1, "0");
  const whole = thousands(text.slice(0, text.length - places));
  const rest = places ? `.${text.slice(-places)}` : "";
  return `${minor < 0 ? "-" : ""}${whole}${rest} ${currency}`;
}

/** A count with its word: `1 piece`, `2 pieces`, or the plural that is given. */
export function formatCount(count, word, plural = `${word}s`) {
  return `${thousands(count)} ${count === 1 ? word : plural}`;
}

/** How long ago something was: `just now`, `1 minute ago`, `3 days ago`. */
export function formatAgo(then, now) {
  const passed = now - then;
  const step = STEPS.find((entry) => passed >= entry.length);
  if (step === undefined) {
    return "just now";
  }
  return `${formatCount(Math.floor(passed / step.length), step.name)} ago`;
}

/** A day as `2026-03-09`, whatever the machine's time zone. */
export function formatDay(moment) {
  return new Date(moment).toISOString().slice(0, 10);
}

/** An identifier with its dashes: `ABC0001X` becomes `ABC-0001-X`. */
export function formatSku(text) {
  const bare = text.toUpperCase().replace(/[^0-9A-Z]/g, "");
  return [bare.slice(0, 3), bare.slice(3, 7), bare.slice(7)].filter(Boolean).join("-");
}

/** A text cut to a length, with a mark where something is missing. */
export function shorten(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}
