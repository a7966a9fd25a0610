/**
 * Checks the shape of a JSON value, and names every fault by its place.
 * A shape is a function that tells what is wrong with a value and all within.
 */

import { isObject } from '../base/json-path.js';

/** @import { Json } from '../base/json-path.js' */
/** @typedef {(path: string, message: string) => void} Fault */
/** @typedef {(value: Json | undefined, path: string, fault: Fault) => void} Shape */
/** @typedef {{ [key: string]: Json }} Members */

/** @param {string} path @param {string} key */
const member = (path, key) => (path ? `${path}.${key}` : key);

/**
 * A shape that is one test and its sentence.
 * @param {string} expected
 * @param {(value: Json | undefined) => boolean} test
 * @returns {Shape}
 */
export const expect = (expected, test) => (value, path, fault) => {
  if (!test(value)) fault(path, `expected ${expected}`);
};

/**
 * A shape that is made when it is used: what it says is not known before.
 * @param {() => Shape} make
 * @returns {Shape}
 */
export const later = (make) => (value, path, fault) => make()(value, path, fault);

/** @param {number} most characters */
export const text = (most) =>
  expect(`a text of at most ${most} characters`, (v) => typeof v === 'string' && v.trim() !== '' && v.length <= most);

/**
 * @param {number} low
 * @param {number} high
 */
export const whole = (low, high) =>
  expect(`a whole number from ${low} to ${high}`, (v) => Number.isInteger(v) && Number(v) >= low && Number(v) <= high);

export const positive = expect('a number above 0', (v) => typeof v === 'number' && v > 0 && v < Infinity);

/** @param {(string | boolean)[]} values */
export const oneOf = (...values) =>
  expect(values.join(' or '), (v) => values.includes(/** @type {string} */ (v)));

export const object = expect('an object', isObject);

/**
 * @param {Shape} shape of each element
 * @param {number} low elements at least
 * @param {number} high at most
 * @returns {Shape}
 */
export const list = (shape, low, high) => (value, path, fault) => {
  if (!Array.isArray(value) || value.length < low || value.length > high)
    return fault(path, `expected a list of ${low} to ${high}`);
  value.forEach((element, i) => shape(element, `${path}[${i}]`, fault));
};

/**
 * An object with these members and no others.
 * @param {Record<string, Shape>} needed
 * @param {Record<string, Shape>} [optional]
 * @returns {Shape}
 */
export const record = (needed, optional = {}) => (value, path, fault) => {
  if (!isObject(value)) return fault(path, 'expected an object');
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(needed, key) && !Object.hasOwn(optional, key))
      fault(member(path, key), `unknown; there are ${Object.keys({ ...needed, ...optional }).join(', ')}`);
  }
  for (const [key, shape] of Object.entries(needed)) shape(value[key], member(path, key), fault);
  for (const [key, shape] of Object.entries(optional)) {
    if (value[key] !== undefined) shape(value[key], member(path, key), fault);
  }
};

/**
 * One shape for values that are `test`, another for the rest.
 * @param {(value: Json | undefined) => boolean} test
 * @param {Shape} then
 * @param {Shape} otherwise
 * @returns {Shape}
 */
export const either = (test, then, otherwise) => (value, path, fault) =>
  (test(value) ? then : otherwise)(value, path, fault);

/** Both shapes: the second may rely on nothing of the first. @param {Shape[]} shapes @returns {Shape} */
export const all = (...shapes) => (value, path, fault) => shapes.forEach((shape) => shape(value, path, fault));

/**
 * An object whose `kind` says which shape it has.
 * @param {Record<string, Shape>} shapes
 * @returns {Shape}
 */
export const byKind = (shapes) => (value, path, fault) => {
  const kind = isObject(value) ? value.kind : undefined;
  if (typeof kind === 'string' && Object.hasOwn(shapes, kind)) return shapes[kind](value, path, fault);
  fault(isObject(value) ? `${path}.kind` : path, `expected ${isObject(value) ? Object.keys(shapes).join(' or ') : 'an object'}`);
};
