/**
 * Elements from code. Text is always a text node: no name, sentence or
 * configuration is ever read as markup.
 */

export type Child = Node | string | number | null | undefined | false;
export type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Sets attributes; a function under `onname` listens to `name`, `true` is an
 * attribute without a value, `false`, `null` and `undefined` are none.
 */
export function set<E extends Element>(element: E, attributes: Attributes): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    // By its object: as an attribute, a page's policy may forbid it.
    else if (name === 'style') (element as Element as HTMLElement | SVGElement).style.cssText = String(value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  return element;
}

function fill<E extends Element>(element: E, children: Child[]): E {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** An HTML element. */
export function h<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  return fill(set(document.createElement(tag), attributes), children);
}

/** An SVG element. */
export function s<T extends keyof SVGElementTagNameMap>(
  tag: T,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[T] {
  return fill(set(document.createElementNS(SVG, tag), attributes), children);
}

/** Replaces a node's children. */
export function replace(element: Element, ...children: Child[]) {
  element.replaceChildren();
  fill(element, children);
}
