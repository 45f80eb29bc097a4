/** What travels between the inventory server and its pages, and guards that check it on arrival. */

export type CurrencyCode = "EUR" | "GBP" | "USD" | "JPY";

export type OrderState = "open" | "placed" | "shipped" | "cancelled";

/** An amount in the currency's smallest unit. */
export interface MoneyValue {
  readonly minor: number;
  readonly currency: CurrencyCode;
}

/** One item of the catalogue and how much of it is there. */
export interface StockItem {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyValue;
  readonly pieces: number;
  readonly tags: readonly string[];
}

/** One line of an order. */
export interface OrderLine {
  readonly sku: string;
  readonly pieces: number;
}

/** An order as the server tells it. */
export interface OrderView {
  readonly id: number;
  readonly state: OrderState;
  readonly lines: readonly OrderLine[];
}

const CURRENCIES: readonly string[] = ["EUR", "GBP", "USD", "JPY"];

const STATES: readonly string[] = ["open", "placed", "shipped", "cancelled"];

/** True for an object that is not `null`. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for an amount of money in a known currency. */
export function isMoney(value: unknown): value is MoneyValue {
  if (!isRecord(value)) {
    return false;
  }
  return Number.isInteger(value.minor) && CURRENCIES.includes(String(value.currency));
}

/** True for a list of texts. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

/** True for an item of the catalogue. */
export function isStockItem(value: unknown): value is StockItem {
  if (!isRecord(value)) {
    return false;
  }
  const named = typeof value.sku === "string" && typeof value.name === "string";
  return named && isMoney(value.price) && Number.isInteger(value.pieces) && isTexts(value.tags);
}

/** True for a line of an order. */
export function isOrderLine(value: unknown): value is OrderLine {
  return isRecord(value) && typeof value.sku === "string" && Number.isInteger(value.pieces);
}

/** True for an order. */
export function isOrderView(value: unknown): value is OrderView {
  if (!isRecord(value) || !Array.isArray(value.lines)) {
    return false;
  }
  return Number.isInteger(value.id) && STATES.includes(String(value.state)) && value.lines.every(isOrderLine);
}
