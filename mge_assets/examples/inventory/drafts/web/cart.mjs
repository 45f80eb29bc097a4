/** The shopping cart: frozen values, and functions that give a new cart. */

import { formatCount, formatMoney } from "./format.mjs";

export const EMPTY = Object.freeze({ lines: Object.freeze([]), voucher: null });

/** A cart with these lines and this voucher. */
function cartOf(lines, voucher) {
  return Object.freeze({ lines: Object.freeze(lines), voucher });
}

/** The line of an item, or `undefined`. */
export function findLine(cart, sku) {
  return cart.lines.find((line) => line.sku === sku);
}

/** Throws RangeError for what is no count of pieces. */
function checkPieces(pieces) {
  if (!Number.isInteger(pieces) || pieces < 0) {
    throw new RangeError(`${pieces} is no number of pieces`);
  }
}

/** The cart with so many pieces of an item; none takes its line away. */
export function setPieces(cart, item, pieces) {
  checkPieces(pieces);
  const others = cart.lines.filter((line) => line.sku !== item.sku);
  const line = Object.freeze({ sku: item.sku, name: item.name, minor: item.minor, pieces });
  return cartOf(pieces === 0 ? others : [...others, line], cart.voucher);
}

/** The cart with more pieces of an item. */
export function addPieces(cart, item, pieces = 1) {
  const already = findLine(cart, item.sku)?.pieces ?? 0;
  return setPieces(cart, item, already + pieces);
}

/** The cart without an item. */
export function remove(cart, sku) {
  return cartOf(cart.lines.filter((line) => line.sku !== sku), cart.voucher);
}

/** The cart with a voucher of so many per cent, or with none. */
export function withVoucher(cart, percent) {
  if (percent !== null && !(percent > 0 && percent <= 100)) {
    throw new RangeError(`${percent} is no percentage`);
  }
  return cartOf(cart.lines, percent);
}

/** Pieces in the whole cart. */
export function countPieces(cart) {
  var sum = 0;
  for (const line of cart.lines) {
    sum += line.pieces;
  }
  return sum;
}

/** The price of all lines. */
export function subtotal(cart) {
  return cart.lines.reduce((sum, line) => sum + line.minor * line.pieces, 0);
}

/** What the voucher takes off, rounded down. */
export function discount(cart) {
  return cart.voucher == null ? 0 : Math.floor((subtotal(cart) * cart.voucher) / 100);
}

/** What is paid. */
export function total(cart) {
  return subtotal(cart) - discount(cart);
}

/** The cart in one line. */
export function summary(cart, currency = "EUR") {
  if (cart.lines.length === 0) {
    return "Your cart is empty";
  }
  return `${formatCount(countPieces(cart), "piece")}, ${formatMoney(total(cart), currency)}`;
}
