/** A figure as a picture of its own: an SVG that needs neither the page nor its style. */

import { html } from 'lit/html.js';
import { saveFile } from '../base/save-file.ts';

/** What of an SVG element's look is taken along, where it is not the default. */
const LOOKS = {
  fill: 'rgb(0, 0, 0)',
  'fill-opacity': '1',
  stroke: 'none',
  'stroke-width': '1px',
  'stroke-dasharray': 'none',
  'stroke-linecap': 'butt',
  'stroke-linejoin': 'miter',
  'paint-order': 'normal',
  opacity: '1',
  'stop-color': 'rgb(0, 0, 0)',
  'stop-opacity': '1',
} as Record<string, string>;
/** And of a text's, always. */
const LETTERS = ['font-family', 'font-size', 'font-weight', 'font-variant-numeric'];

/** What stands in a figure: its title, its key, its drawings. */
const TEXTS = 'h3, .figure-title, .key';
const DRAWINGS = 'svg[role="img"], .key svg';

/** An element of the file. */
function s(
  tag: string,
  attributes: Record<string, string | number>,
  ...children: (Node | string | null | undefined)[]
) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Around the figure, in CSS pixels. */
const EDGE = 12;

/**
 * The figure as it is seen: title, key and drawing, the axis of time under it, in
 * the colours and fonts in force. It must be in sight, for what is drawn is where
 * it stands.
 *
 * @param figure with a drawing and, in the page's classes, title and key
 * @returns the text of an SVG file
 */
function figureSvg(figure: HTMLElement): string {
  const looks = new Looks();
  const frame = figure.getBoundingClientRect();
  const drawings = [...figure.querySelectorAll(DRAWINGS)];
  let bottom = Math.max(...drawings.map((drawing) => drawing.getBoundingClientRect().bottom)) - frame.top;
  const marks = [
    ...textsOf(figure).map((text) => looks.text(text, frame)),
    ...drawings.map((drawing) => {
      const { left, top } = drawing.getBoundingClientRect();
      return looks.drawing(drawing, left - frame.left, top - frame.top);
    }),
  ];
  const axis = figure.closest('.timeline')?.querySelector('.time-axis');
  if (axis) {
    marks.push(looks.drawing(axis, axis.getBoundingClientRect().left - frame.left, bottom));
    bottom += axis.clientHeight;
  }
  const [width, height] = [frame.width + 2 * EDGE, bottom + 2 * EDGE];
  const svg = s(
    'svg',
    { width, height, viewBox: `${-EDGE} ${-EDGE} ${width} ${height}`, role: 'img' },
    s('title', {}, figure.querySelector('h3, .figure-title')?.textContent),
    s('desc', {}, figure.querySelector('svg[role="img"]')?.getAttribute('aria-label')),
    s('style', {}, looks.css),
    s('rect', { x: -EDGE, y: -EDGE, width, height, fill: ground(figure) }),
    ...marks,
  );
  // Templates leave comments where they change something.
  return new XMLSerializer().serializeToString(svg).replace(/<!--.*?-->/g, '');
}

/**
 * A button that saves the figure it stands in.
 *
 * @param name of the file, without its ending
 */
export const saveButton = (name: string) =>
  html`<button type="button" class="save-svg" @click=${(event: Event) => {
    const figure = (event.target as Element).closest('figure, section > div') as HTMLElement | null;
    if (figure) saveFile(`${name}.svg`, figureSvg(figure), 'image/svg+xml');
  }}>Save as SVG</button>`;

/** The looks met, each a class of the picture's own style. */
class Looks {
  #classes: Map<string, string> = new Map();

  get css() {
    return [...this.#classes].map(([look, name]) => `.${name}{${look}}`).join('\n');
  }

  /** A drawing's copy at a place, looking as it does in the page. */
  drawing(drawing: Element, x: number, y: number) {
    const copy = drawing.cloneNode(true) as Element;
    const copies = [copy, ...copy.querySelectorAll('*')];
    [drawing, ...drawing.querySelectorAll('*')].forEach((element, i) => {
      const style = getComputedStyle(element);
      for (const name of ['aria-label', 'aria-hidden', 'role', 'class']) copies[i].removeAttribute(name);
      const letters = element.localName === 'text' ? LETTERS : [];
      const kept = Object.keys(LOOKS).filter((name) => style.getPropertyValue(name) !== LOOKS[name]);
      this.#dress(copies[i], style, [...kept, ...letters]);
    });
    copy.setAttribute('x', String(x));
    copy.setAttribute('y', String(y));
    return copy;
  }

  /** A text of the page as one of the picture. */
  text(node: Text, frame: DOMRect) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, top, height } = range.getBoundingClientRect();
    const text = s('text', { x: left - frame.left, y: top - frame.top + height / 2, dy: '0.35em' }, node.data.trim());
    const style = getComputedStyle(node.parentElement as Element);
    this.#dress(text, style, LETTERS);
    text.setAttribute('fill', style.color);
    return text;
  }

  /** @param names of the properties it keeps */
  #dress(element: Element, style: CSSStyleDeclaration, names: string[]) {
    if (names.length === 0) return;
    const look = names.map((name) => `${name}:${style.getPropertyValue(name)}`).join(';');
    const known = this.#classes.get(look) ?? `look-${this.#classes.size}`;
    this.#classes.set(look, known);
    element.setAttribute('class', known);
  }
}

/** The texts of a figure's title and key that are in sight. */
function textsOf(figure: HTMLElement): Text[] {
  return [...figure.querySelectorAll(TEXTS)].flatMap((part) => {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    return texts.filter((text) => text.data.trim() !== '');
  });
}

/** The colour behind an element. */
function ground(element: Element) {
  const card = element.closest('.card') ?? element;
  return getComputedStyle(card).backgroundColor;
}
