/** @jsx h */
/** The stock as a table: sortable by any column, with what runs out marked. */

import { h, Markup } from "./markup";
import type { MoneyValue, StockItem } from "./types";

export type Column = "sku" | "name" | "pieces" | "value";

export interface TableProperties {
  readonly items: readonly StockItem[];
  readonly sortedBy: Column;
  readonly minimum: number;
}

const TITLES: Readonly<Record<Column, string>> = {
  sku: "SKU",
  name: "Name",
  pieces: "Pieces",
  value: "Value",
};

/** The list price of all pieces of an item. */
export function valueOf(item: StockItem): MoneyValue {
  return { minor: item.price.minor * item.pieces, currency: item.price.currency };
}

/** What an item is sorted by in a column. */
function sortKey(item: StockItem, column: Column): string | number {
  return column === "value" ? valueOf(item).minor : item[column];
}

/** Which of two items comes first; equal ones go by identifier. */
export function compare(one: StockItem, other: StockItem, column: Column): number {
  const left = sortKey(one, column);
  const right = sortKey(other, column);
  if (left === right) {
    return one.sku < other.sku ? -1 : 1;
  }
  return left < right ? -1 : 1;
}

/** The items in the order of a column; the list that was given stays as it is. */
export function sorted(items: readonly StockItem[], column: Column): StockItem[] {
  return [...items].sort((one, other) => compare(one, other, column));
}

/** An amount as it is shown in a cell. */
function amount(value: MoneyValue): string {
  const digits = value.currency === "JPY" ? 0 : 2;
  return `${(value.minor / 10 ** digits).toFixed(digits)} ${value.currency}`;
}

/** The head of one column. */
function Heading(properties: { column: Column; active: boolean }): Markup {
  const direction = properties.active ? "ascending" : "none";
  return <th aria-sort={direction}>{TITLES[properties.column]}</th>;
}

/** One item of the table. */
function Row(properties: { item: StockItem; short: boolean }): Markup {
  const { item, short } = properties;
  return (
    <tr class={short ? "short" : "enough"}>
      <td>{item.sku}</td>
      <td>{item.name}</td>
      <td>{item.pieces}</td>
      <td>{amount(valueOf(item))}</td>
    </tr>
  );
}

/** What stands there when nothing is in stock. */
function Empty(): Markup {
  return <p class="empty">Nothing is in stock.</p>;
}

/** The whole table. */
export function StockTable(properties: TableProperties): Markup {
  const { items, sortedBy, minimum } = properties;
  if (items.length === 0) {
    return <Empty />;
  }
  const columns = Object.keys(TITLES) as Column[];
  return (
    <table>
      <thead>
        <tr>{columns.map((column) => <Heading column={column} active={column === sortedBy} />)}</tr>
      </thead>
      <tbody>{sorted(items, sortedBy).map((item) => <Row item={item} short={item.pieces < minimum} />)}</tbody>
    </table>
  );
}
