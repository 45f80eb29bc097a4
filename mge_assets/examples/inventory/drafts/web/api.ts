/** Talking to the inventory server: typed requests, checked answers, errors that say what to do. */

import { isOrderView, isStockItem, type OrderLine, type OrderView, type StockItem } from "./types";

/** The server could not be reached, refused, or answered nonsense. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly retry: boolean,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export type Guard<T> = (value: unknown) => value is T;

export type Transport = (url: string, init: RequestInit) => Promise<Response>;

export interface ApiOptions {
  readonly base: string;
  readonly token: string;
  readonly transport: Transport;
}

/** True for answers after which the same request may go well later. */
export function worthRetrying(status: number): boolean {
  return status === 429 || status >= 500;
}

/** The address of a path, whether or not the base ends in a slash. */
export function address(base: string, path: string): string {
  return `${base.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
}

/** The value, once the guard has let it pass. */
export function checked<T>(value: unknown, guard: Guard<T>, what: string): T {
  if (!guard(value)) {
    throw new ApiError(`the server's ${what} is malformed`, 200, false);
  }
  return value;
}

/** The list, once the guard has let every entry pass. */
export function checkedList<T>(value: unknown, guard: Guard<T>, what: string): T[] {
  if (!Array.isArray(value)) {
    throw new ApiError(`the server's list of ${what} is malformed`, 200, false);
  }
  return value.map((entry: unknown) => checked(entry, guard, what));
}

/** The headers of every request. */
function headers(options: ApiOptions): Record<string, string> {
  return { authorization: `Bearer ${options.token}`, "content-type": "application/json" };
}

/** The body of an answer. Throws ApiError where the server refused. */
async function body(response: Response): Promise<any> {
  if (!response.ok) {
    const retry = worthRetrying(response.status);
    throw new ApiError(`the server said ${response.status}`, response.status, retry);
  }
  return response.json();
}

/** The client. */
export class InventoryApi {
  constructor(private readonly options: ApiOptions) {}

  /** Everything that is in stock. */
  async stock(): Promise<StockItem[]> {
    return checkedList(await this.request("GET", "stock"), isStockItem, "stock item");
  }

  /** The items that match all words. */
  async search(words: string): Promise<StockItem[]> {
    const query = new URLSearchParams({ q: words });
    return checkedList(await this.request("GET", `stock?${query}`), isStockItem, "stock item");
  }

  /** Place an order. */
  async order(lines: readonly OrderLine[]): Promise<OrderView> {
    return checked(await this.request("POST", "orders", { lines }), isOrderView, "order");
  }

  /** Cancel an order. */
  async cancel(id: number): Promise<OrderView> {
    return checked(await this.request("POST", `orders/${id}/cancel`), isOrderView, "order");
  }

  private async request(method: string, path: string, payload?: unknown): Promise<unknown> {
    const { base, transport } = this.options;
    const content = payload === undefined ? {} : { body: JSON.stringify(payload) };
    return body(await transport(address(base, path), { method, headers: headers(this.options), ...content }));
  }
}
