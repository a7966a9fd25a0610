/** The diagram of a `connect` question: boxes in two columns, and an arrow for each edge. */

import { html, nothing, svg } from 'lit/html.js';

type Point = { x: number; y: number };

/** Of the diagram, in px: it fits the narrowest page. */
const WIDTH = 264;
/** Half a node's box, the room beside the columns, and how far apart the rows are. */
const BOX = { x: 44, y: 13 };
const MARGIN = 30;
const PITCH = 46;
/** Characters that fit into a node's box as they are. */
const FITTING = 12;
/** How far out an arrow is led: a curve goes three quarters of it. In px. */
const MOST_OUT = 36;
/** How far apart numbers stand, in px. */
const APART = 14;

/**
 * Nodes in two columns, an arrow for each edge that leads somewhere, with its number. An
 * arrow from one column to the other runs between them, one within a column outside it, so
 * that none runs behind a node.
 */
export function diagram(nodes: string[], edges: { from: string; to: string }[]) {
  const place = (node: string) => {
    const i = nodes.indexOf(node);
    return { x: i % 2 ? WIDTH - MARGIN - BOX.x : MARGIN + BOX.x, y: PITCH * i + BOX.y + 4, side: i % 2 ? 1 : -1 };
  };
  /** Arrows of each side, and of nodes to themselves, which go farther out one by one. */
  const outside: Map<number | string, number> = new Map();
  const labels: Point[] = [];
  const led = edges.flatMap(({ from, to }, i) => {
    if (!to) return [];
    const [start, end] = [place(from), place(to)];
    // Those to itself begin nearer, and go apart in larger steps.
    const [key, first, step] = from === to ? [from, 12, 13] : [start.side, 14, 6];
    const nth = outside.get(key) ?? 0;
    if (start.side === end.side) outside.set(key, nth + 1);
    const far = Math.min(MOST_OUT, first + step * nth);
    const beside = edges.slice(0, i).filter((other) => other.from === to && other.to === from).length;
    const curve = start.side === end.side ? around(start, end, far) : across(start, end, beside);
    const label = freePlace(curve, labels);
    labels.push(label);
    return [{ curve, label, number: i + 1 }];
  });
  return html`<svg class="diagram" width=${WIDTH} height=${PITCH * nodes.length - 12} aria-hidden="true">
    <defs>
      <marker id="led" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
        <path d="M0 0 8 4 0 8z"></path>
      </marker>
    </defs>
    ${led.map(
      ({ curve: [a, b, c, d] }) => svg`<g class="edge">
        <path d="M${a.x} ${a.y}C${b.x} ${b.y} ${c.x} ${c.y} ${d.x} ${d.y}" marker-end="url(#led)"></path></g>`,
    )}
    ${nodes.map((node) => {
      const { x, y } = place(node);
      const narrow = node.length > FITTING;
      return svg`<g class="node">
        <rect x=${x - BOX.x} y=${y - BOX.y} width=${2 * BOX.x} height=${2 * BOX.y} rx="6"></rect>
        <text x=${x} y=${y} dy="0.35em" text-anchor="middle" textLength=${narrow ? 2 * BOX.x - 8 : nothing}
          lengthAdjust=${narrow ? 'spacingAndGlyphs' : nothing}>${node}</text></g>`;
    })}
    ${led.map(
      ({ label, number }) => svg`<g class="edge">
        <text x=${label.x} y=${label.y} dy="0.35em" text-anchor="middle">${number}</text></g>`,
    )}
  </svg>`;
}

/**
 * From one node of a column to another, or to itself: outside the column.
 *
 * @param far how far out, in px
 * @returns a cubic curve
 */
function around({ x, y, side }: Point & { side: number }, to: Point, far: number): Point[] {
  const edge = x + side * BOX.x;
  const same = y === to.y;
  const [start, end] = same ? [y - 5, y + 6] : [y + Math.sign(to.y - y) * 4, to.y - Math.sign(to.y - y) * 4];
  const out = edge + side * far;
  return [
    { x: edge, y: start },
    { x: out, y: start - (same ? 8 : 0) },
    { x: out, y: end + (same ? 8 : 0) },
    { x: edge, y: end },
  ];
}

/**
 * From a node to one of the other column: between the columns.
 *
 * @param beside arrows that come the other way
 * @returns a cubic curve
 */
function across(from: Point & { side: number }, to: Point & { side: number }, beside: number): Point[] {
  const shift = beside > 0 ? 8 : -2;
  const start = { x: from.x - from.side * BOX.x, y: from.y + shift };
  const end = { x: to.x - to.side * BOX.x, y: to.y + shift };
  const third = { x: (end.x - start.x) / 3, y: (end.y - start.y) / 3 };
  return [start, { x: start.x + third.x, y: start.y + third.y }, { x: end.x - third.x, y: end.y - third.y }, end];
}

/** A place on a curve for its number, apart from the others. */
function freePlace([a, b, c, d]: Point[], taken: Point[]): Point {
  const at = (t: number) => {
    const mixed = (k: 'x' | 'y') =>
      (1 - t) ** 3 * a[k] + 3 * (1 - t) ** 2 * t * b[k] + 3 * (1 - t) * t ** 2 * c[k] + t ** 3 * d[k];
    return { x: mixed('x'), y: mixed('y') };
  };
  const room = (p: Point) => Math.min(99, ...taken.map(({ x, y }) => Math.hypot(x - p.x, y - p.y)));
  const places = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78].map(at);
  return places.find((p) => room(p) >= APART) ?? places.reduce((best, p) => (room(p) > room(best) ? p : best));
}
