/** Paths of SVG through data. */

/**
 * A line through data.
 *
 * @param x in pixels
 * @param y in pixels
 * @returns its path, which a lone datum makes a dot
 */
export const line =
  <T>(x: (datum: T) => number, y: (datum: T) => number): ((data: T[]) => string) =>
  (data) => {
    const path = through(data, x, y);
    return data.length === 1 ? `${path}Z` : path;
  };

/**
 * The area between two lines.
 *
 * @param x in pixels
 * @param y0 one line's height, in pixels
 * @param y1 the other's
 * @returns its path
 */
export const area =
  <T>(x: (datum: T) => number, y0: (datum: T) => number, y1: (datum: T) => number): ((data: T[]) => string) =>
  (data) =>
    data.length === 0 ? '' : `${through(data, x, y1)}L${through([...data].reverse(), x, y0).slice(1)}Z`;

const through = <T>(data: T[], x: (datum: T) => number, y: (datum: T) => number) =>
  data.map((datum, i) => `${i ? 'L' : 'M'}${short(x(datum))},${short(y(datum))}`).join('');

/** To a thousandth of a pixel. */
const short = (pixels: number) => Math.round(pixels * 1000) / 1000;
