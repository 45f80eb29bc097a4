/** Elements as text: a factory for TSX that needs no browser and no library. */

export type Child = string | number | Markup | null | readonly Child[];

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Finished markup, told apart from texts that must still be escaped. */
export class Markup {
  constructor(readonly html: string) {}

  toString(): string {
    return this.html;
  }
}

declare global {
  namespace JSX {
    type Element = Markup;
    interface IntrinsicElements {
      [name: string]: Readonly<Record<string, Child | boolean>>;
    }
    interface ElementChildrenAttribute {
      children: unknown;
    }
  }
}

export type Component<P> = (properties: P) => Markup;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

const VOID_ELEMENTS: ReadonlySet<string> = new Set(["br", "hr", "img", "input"]);

/** The text with everything escaped that means something in HTML. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}

/** One attribute with the blank before it; nothing for `false`. */
function attribute(name: string, value: string | number | boolean): string {
  if (value === false) {
    return "";
  }
  return value === true ? ` ${name}` : ` ${name}="${escape(String(value))}"`;
}

/** A child as HTML: markup as it is, lists one after the other, all else escaped. */
function render(child: Child): string {
  if (child === null) {
    return "";
  }
  if (child instanceof Markup) {
    return child.html;
  }
  return isList(child) ? child.map(render).join("") : escape(String(child));
}

/** True for a list of children. */
function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child);
}

/** An element of HTML with its attributes and children. */
function element(name: string, attributes: Attributes, children: readonly Child[]): Markup {
  const head = Object.entries(attributes).map(([key, value]) => attribute(key, value)).join("");
  if (VOID_ELEMENTS.has(name)) {
    return new Markup(`<${name}${head}>`);
  }
  return new Markup(`<${name}${head}>${render(children)}</${name}>`);
}

/** The factory that TSX is compiled to. */
export function h<P extends object>(kind: string | Component<P>, properties: P | null, ...children: Child[]): Markup {
  if (typeof kind === "string") {
    return element(kind, (properties ?? {}) as Attributes, children);
  }
  return kind({ ...(properties as P), children });
}
