/** Paths of SVG through data. */

/**
 * A line through data.
 * @template T
 * @param {(datum: T) => number} x in pixels
 * @param {(datum: T) => number} y in pixels
 * @returns {(data: T[]) => string} its path, which a lone datum makes a dot
 */
export const line = (x, y) => (data) => {
  const path = through(data, x, y);
  return data.length === 1 ? `${path}Z` : path;
};

/**
 * The area between two lines.
 * @template T
 * @param {(datum: T) => number} x in pixels
 * @param {(datum: T) => number} y0 one line's height, in pixels
 * @param {(datum: T) => number} y1 the other's
 * @returns {(data: T[]) => string} its path
 */
export const area = (x, y0, y1) => (data) =>
  data.length === 0 ? '' : `${through(data, x, y1)}L${through([...data].reverse(), x, y0).slice(1)}Z`;

/**
 * @template T
 * @param {T[]} data
 * @param {(datum: T) => number} x
 * @param {(datum: T) => number} y
 */
const through = (data, x, y) =>
  data.map((datum, i) => `${i ? 'L' : 'M'}${short(x(datum))},${short(y(datum))}`).join('');

/** To a thousandth of a pixel. @param {number} pixels */
const short = (pixels) => Math.round(pixels * 1000) / 1000;
