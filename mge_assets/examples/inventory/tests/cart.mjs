import assert from "node:assert/strict";

import { addPieces, countPieces, discount, EMPTY, findLine, remove, setPieces, subtotal, summary, total, withVoucher } from "../web/cart.mjs";

const TEA = { sku: "TEA-0001-X", name: "Green tea", minor: 450 };
const MUG = { sku: "MUG-0001-Y", name: "Mug", minor: 1200 };

const one = addPieces(EMPTY, TEA);
assert.equal(countPieces(one), 1);
assert.equal(countPieces(EMPTY), 0, "a cart never changes");

const three = addPieces(one, TEA, 2);
assert.equal(findLine(three, TEA.sku).pieces, 3);
assert.equal(three.lines.length, 1, "one line for each item");

const both = addPieces(three, MUG);
assert.equal(subtotal(both), 3 * 450 + 1200);
assert.equal(countPieces(remove(both, TEA.sku)), 1);
assert.equal(setPieces(both, MUG, 0).lines.length, 1);

const cheaper = withVoucher(both, 10);
assert.equal(discount(cheaper), 255);
assert.equal(total(cheaper), 2295);
assert.equal(total(withVoucher(cheaper, null)), 2550);

assert.throws(() => setPieces(EMPTY, TEA, -1), RangeError);
assert.throws(() => setPieces(EMPTY, TEA, 1.5), RangeError);
assert.throws(() => withVoucher(EMPTY, 101), RangeError);

assert.equal(summary(EMPTY), "Your cart is empty");
assert.equal(summary(both), "4 pieces, 25.50 EUR");

console.log("cart: all passed");
