/**
 * Elements from code. Text is always a text node: no name, sentence or
 * configuration is ever read as markup.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>} Attributes */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Sets attributes; a function under `onname` listens to `name`, `true` is an
 * attribute without a value, `false`, `null` and `undefined` are none.
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes
 * @returns {E}
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === null || value === undefined || value === false) element.removeAttribute(name);
    // By its object: as an attribute, a page's policy may forbid it.
    else if (name === 'style') /** @type {HTMLElement | SVGElement} */ (/** @type {Element} */ (element)).style.cssText = String(value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  return element;
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Child[]} children
 * @returns {E}
 */
function fill(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  return fill(set(document.createElement(tag), attributes), children);
}

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function s(tag, attributes = {}, ...children) {
  return fill(set(document.createElementNS(SVG, tag), attributes), children);
}

/**
 * Replaces a node's children.
 * @param {Element} element
 * @param {...Child} children
 */
export function replace(element, ...children) {
  element.replaceChildren();
  fill(element, children);
}
