import { h, replace, s } from '../../base/dom.js';
import { icon } from '../../base/icons.js';

/** @import { Connect } from '../lesson.js' */
/** @import { Asking } from './check.js' */
/** @typedef {{ x: number, y: number }} Point */

/** Of the diagram, in px: it fits the narrowest page. */
const WIDTH = 264;
/** Half a node's box. */
const BOX = { x: 54, y: 13 };

/**
 * A diagram to complete: where does each edge lead? It is drawn as it is chosen.
 * @param {Connect} check
 * @returns {Asking}
 */
export function connect({ question, nodes, edges }) {
  const marks = edges.map(() => h('span', { class: 'mark' }));
  const selects = edges.map(({ from, label }, i) =>
    h(
      'select',
      { 'aria-label': `${from}, ${label}, leads to`, onchange: () => chosen(i) },
      h('option', { value: '' }, '…'),
      ...nodes.map((node) => h('option', { value: node }, node)),
    ),
  );
  const picture = s('svg', { width: WIDTH, height: 46 * nodes.length - 12, 'aria-hidden': 'true', class: 'diagram' });
  const draw = () => replace(picture, ...diagram(nodes, edges.map(({ from }, i) => ({ from, to: selects[i].value }))));
  const chosen = (/** @type {number} */ i) => {
    replace(marks[i]);
    draw();
  };
  draw();
  const rows = edges.map(({ from, label }, i) =>
    h('li', {}, h('b', {}, `${i + 1}`), h('span', {}, `${from}: ${label} →`), selects[i], marks[i]),
  );
  return {
    element: h('div', {}, h('p', {}, question), h('div', { class: 'connect' }, h('ol', {}, ...rows), picture)),
    judge: async () => {
      if (selects.some(({ value }) => !value)) return { right: null, says: 'Connect all of them first.' };
      const wrong = edges.flatMap(({ to }, i) => (selects[i].value === to ? [] : [i + 1]));
      marks.forEach((mark, i) => {
        const right = !wrong.includes(i + 1);
        replace(mark, icon(right ? 'pass' : 'fail'), h('span', { class: 'unseen' }, right ? 'right' : 'wrong'));
      });
      const says = wrong.length > 0 ? `${edges.length - wrong.length} of ${edges.length} are right. Look again at ${wrong.join(', ')}.` : 'All of them are right.';
      return { right: wrong.length === 0, says };
    },
  };
}

/**
 * Nodes in two columns, an arrow for each edge that leads somewhere.
 * @param {string[]} nodes
 * @param {{ from: string, to: string }[]} edges
 */
function diagram(nodes, edges) {
  const place = (/** @type {string} */ node) => {
    const i = nodes.indexOf(node);
    return { x: i % 2 ? WIDTH - BOX.x - 2 : BOX.x + 2, y: 46 * i + BOX.y + 4 };
  };
  const head = s('path', { d: 'M0 0 8 4 0 8z' });
  const drawn = edges.map(({ from, to }, i) => {
    const beside = edges.slice(0, i).filter((other) => other.from === from && other.to === to).length;
    return to && arrow(place(from), place(to), i + 1, 22 + 16 * beside);
  });
  return [
    s('defs', {}, s('marker', { id: 'led', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' }, head)),
    ...drawn.filter((edge) => edge !== ''),
    ...nodes.map((node) => {
      const { x, y } = place(node);
      const box = s('rect', { x: x - BOX.x, y: y - BOX.y, width: 2 * BOX.x, height: 2 * BOX.y, rx: 6 });
      return s('g', { class: 'node' }, box, s('text', { x, y, dy: '0.35em', 'text-anchor': 'middle' }, node));
    }),
  ];
}

/**
 * An arrow, bent to its side, so that one back runs beside it; its number at the bend.
 * @param {Point} from
 * @param {Point} to
 * @param {number} number
 * @param {number} bend in px
 */
function arrow(from, to, number, bend) {
  const long = Math.hypot(to.x - from.x, to.y - from.y);
  // From a node to itself it goes round a corner.
  const side = long > 0 ? { x: (from.y - to.y) / long, y: (to.x - from.x) / long } : { x: 1, y: 1 };
  const at = (/** @type {number} */ far) => ({ x: (from.x + to.x) / 2 + side.x * far, y: (from.y + to.y) / 2 + side.y * far });
  const [control, label] = [at(2 * bend), at(bend)];
  const [start, end] = [onEdge(from, control), onEdge(to, long > 0 ? control : { x: to.x + 1, y: to.y + 9 })];
  return s(
    'g',
    { class: 'edge' },
    s('path', { d: `M${start.x} ${start.y}Q${control.x} ${control.y} ${end.x} ${end.y}`, 'marker-end': 'url(#led)' }),
    s('text', { ...label, dy: '0.35em', 'text-anchor': 'middle' }, String(number)),
  );
}

/**
 * Where the line from a node's middle to a point leaves its box.
 * @param {Point} middle
 * @param {Point} toward
 */
function onEdge(middle, toward) {
  const [dx, dy] = [toward.x - middle.x, toward.y - middle.y];
  const part = 1 / Math.max(Math.abs(dx) / (BOX.x + 2), Math.abs(dy) / (BOX.y + 2));
  return { x: middle.x + dx * part, y: middle.y + dy * part };
}
