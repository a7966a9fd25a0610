/**
 * Checks the shape of a JSON value, and names every fault by its place.
 * A shape is a function that tells what is wrong with a value and all within.
 */

import type { Json } from '../base/json-path.ts';
import { isObject } from '../base/json-path.ts';
export type Fault = (path: string, message: string) => void;
export type Shape = (value: Json | undefined, path: string, fault: Fault) => void;
export type Members = { [key: string]: Json };

const member = (path: string, key: string) => (path ? `${path}.${key}` : key);

/** A shape that is one test and its sentence. */
export const expect =
  (expected: string, test: (value: Json | undefined) => boolean): Shape =>
  (value, path, fault) => {
    if (!test(value)) fault(path, `expected ${expected}`);
  };

/** A shape that is made when it is used: what it says is not known before. */
export const later =
  (make: () => Shape): Shape =>
  (value, path, fault) =>
    make()(value, path, fault);

/** @param most characters */
export const text = (most: number) =>
  expect(`a text of at most ${most} characters`, (v) => typeof v === 'string' && v.trim() !== '' && v.length <= most);

export const whole = (low: number, high: number) =>
  expect(`a whole number from ${low} to ${high}`, (v) => Number.isInteger(v) && Number(v) >= low && Number(v) <= high);

export const positive = expect('a number above 0', (v) => typeof v === 'number' && v > 0 && v < Infinity);

export const oneOf = (...values: (string | boolean)[]) =>
  expect(values.join(' or '), (v) => values.includes(v as string));

export const object = expect('an object', isObject);

/**
 * @param shape of each element
 * @param low elements at least
 * @param high at most
 */
export const list =
  (shape: Shape, low: number, high: number): Shape =>
  (value, path, fault) => {
    if (!Array.isArray(value) || value.length < low || value.length > high)
      return fault(path, `expected a list of ${low} to ${high}`);
    for (const [i, element] of value.entries()) shape(element, `${path}[${i}]`, fault);
  };

/** An object with these members and no others. */
export const record =
  (needed: Record<string, Shape>, optional: Record<string, Shape> = {}): Shape =>
  (value, path, fault) => {
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

/** One shape for values that are `test`, another for the rest. */
export const either =
  (test: (value: Json | undefined) => boolean, then: Shape, otherwise: Shape): Shape =>
  (value, path, fault) =>
    (test(value) ? then : otherwise)(value, path, fault);

/** Both shapes: the second may rely on nothing of the first. */
export const all =
  (...shapes: Shape[]): Shape =>
  (value, path, fault) => {
    for (const shape of shapes) shape(value, path, fault);
  };

/** An object whose `kind` says which shape it has. */
export const byKind =
  (shapes: Record<string, Shape>): Shape =>
  (value, path, fault) => {
    const kind = isObject(value) ? value.kind : undefined;
    if (typeof kind === 'string' && Object.hasOwn(shapes, kind)) return shapes[kind](value, path, fault);
    fault(
      isObject(value) ? `${path}.kind` : path,
      `expected ${isObject(value) ? Object.keys(shapes).join(' or ') : 'an object'}`,
    );
  };
