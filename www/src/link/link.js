/**
 * The whole state of the page as a readable, versioned text for the hash of a
 * URL: `v=1&preset=opening&seed=192&config.rules[0].max=0.03&at=12:pause&tick=15`.
 * What a link does not say is the default.
 */

import { commands, limits } from '../base/catalogue.js';
import { differences, placed } from './differences.js';
import { MOST_DEPTH, isDeeper, readValue, writeValue } from './value.js';

/** @import { Json } from '../base/json-path.js' */
/** @import { TimedCommand } from '../base/engine.js' */
/**
 * What a link says; `null` where it says nothing. No `seed` is a random one, no
 * `tick` the rollout's end. `against` is the other policy's name, `bad` the
 * share of bad releases in percent, `along` what the study's curve goes along,
 * `lesson` a lesson's name or its JSON.
 * @typedef {{
 *   preset: string, config: Json, seed: number | null, commands: TimedCommand[], tick: number | null,
 *   view: string | null, theme: string | null, against: string | null, bad: number | null,
 *   along: string | null, lesson: string | null,
 * }} LinkState
 */
/**
 * What a link can name, and `usual`, a configuration's defaults.
 * @typedef {{
 *   presets: { name: string, config: Json }[], usual: Json, views: string[], policies: string[],
 * }} Known
 */

/** Of a link, in characters. */
const MOST = 65_536;
/** Of a value that a fault quotes. */
const MOST_QUOTED = 40;

/**
 * What the keys but `v`, `at` and `config` are read by.
 * @type {Record<string, (text: string, known: Known) => string | number>}
 */
const KEYS = {
  preset: (text, { presets }) => oneOf(text, presets.map(({ name }) => name)),
  seed: (text) => numberIn(text, /^\d+$/, limits().seed, 'a whole number'),
  tick: (text) => numberIn(text, /^\d+$/, limits().ticks, 'a whole number'),
  view: (text, { views }) => oneOf(text, views),
  theme: (text) => oneOf(text, ['light', 'dark']),
  against: (text, { policies }) => oneOf(text, policies),
  bad: (text) => numberIn(text, /^\d+(?:\.\d+)?(?:e-\d+)?$/, 100, 'a number'),
  along: (text) => oneOf(text, ['ratio', 'traffic']),
  lesson: (text) => text,
};

/**
 * @param {Omit<LinkState, "preset"> & { preset?: string }} state without a preset,
 *   that is named which has least to be said beside it
 * @param {Known} known
 * @returns {string} without `#`
 */
export function writeLink({ preset, config, commands, ...rest }, known) {
  // A configuration that a link could not say is none for the engine either.
  if (isDeeper(config, MOST_DEPTH)) config = {};
  const bases = known.presets.filter(({ name }) => name === (preset ?? name));
  const [named] = bases.map((base) => written(config, base, known)).sort((a, b) => length(a) - length(b));
  const after = Object.keys(KEYS).filter((key) => key !== 'preset' && key !== 'seed');
  const said = (/** @type {string[]} */ keys) =>
    keys.flatMap((key) => {
      const value = /** @type {Record<string, string | number | null>} */ (rest)[key];
      return value === null || value === undefined ? [] : [[key, String(value)]];
    });
  const pairs = [
    ['v', '1'],
    ['preset', named.name],
    ...said(['seed']),
    ...named.pairs,
    ...commands.map(({ tick, command }) => ['at', `${tick}:${command}`]),
    ...said(after),
  ];
  return pairs.map(([key, value]) => `${encoded(key)}=${encoded(value)}`).join('&');
}

/**
 * A configuration as pairs beside a preset.
 * @param {Json} config
 * @param {{ name: string, config: Json }} preset
 * @param {Known} known
 */
const written = (config, { name, config: base }, { usual }) => ({
  name,
  pairs: differences(config, base, usual).map(([path, value]) => [
    `config${path}`,
    value === undefined ? '' : writeValue(value),
  ]),
});

/** @param {{ pairs: string[][] }} written */
const length = ({ pairs }) => pairs.join().length;

/**
 * Reads what can be read; whatever a text holds, nothing is thrown.
 * @param {string} text with or without `#`
 * @param {Known} known
 * @returns {{ state: LinkState | null, faults: string[] }} no state if nothing of
 *   the link can be trusted; a fault names its key and what was expected
 */
export function readLink(text, known) {
  if (text.length > MOST) {
    const kB = Math.ceil(text.length / 1024);
    return { state: null, faults: [`The link is ${kB} kB long, the limit is 64 kB. Nothing of it was read.`] };
  }
  /** @type {string[]} */
  const faults = [];
  const pairs = text.replace(/^#/, '').split('&').filter(Boolean).flatMap((pair) => split(pair, faults));
  const version = pairs.find(([key]) => key === 'v')?.[1] ?? '1';
  if (version !== '1') {
    const fault = `v: the link is of version ${quoted(version)}, this page reads version 1. Nothing of it was read.`;
    return { state: null, faults: [fault] };
  }
  const state = blank(known);
  const seen = new Set();
  // The preset first: wherever it stands, differences are from it.
  for (const [key, value] of pairs.sort(([a], [b]) => Number(b === 'preset') - Number(a === 'preset'))) {
    try {
      if (key !== 'at' && seen.has(key)) throw new Error('is there twice, expected once; the first one holds');
      seen.add(key);
      take(state, key, value, known);
    } catch (error) {
      faults.push(`${quoted(key)}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { state, faults };
}

/**
 * What the empty link says.
 * @param {Known} known
 * @returns {LinkState}
 */
function blank({ presets: [{ name, config }] }) {
  const nothing = { seed: null, tick: null, view: null, theme: null, against: null, bad: null, along: null, lesson: null };
  return { preset: name, config, commands: [], ...nothing };
}

/**
 * @param {LinkState} state changed by it
 * @param {string} key
 * @param {string} value
 * @param {Known} known
 */
function take(state, key, value, known) {
  if (key === 'v') return;
  if (/^config(?![^.[])/.test(key)) {
    state.config = placed(state.config, key.slice('config'.length), value === '' ? undefined : configured(value));
  } else if (key === 'at') {
    state.commands.push(toldBy(value, state.commands.at(-1)?.tick ?? 0));
  } else if (Object.hasOwn(KEYS, key)) {
    Object.assign(state, { [key]: KEYS[key](value, known) });
    if (key === 'preset') state.config = known.presets.find(({ name }) => name === value)?.config ?? state.config;
  } else {
    throw new Error(`unknown key, expected one of v, ${Object.keys(KEYS).join(', ')}, at, config.…`);
  }
}

/** @param {string} text */
function configured(text) {
  try {
    return readValue(text);
  } catch (error) {
    throw found(text, error instanceof Error ? error.message : '');
  }
}

/**
 * @param {string} text
 * @param {number} from the tick of the command before it
 * @returns {TimedCommand}
 */
function toldBy(text, from) {
  const [, tick, command] = /^(\d{1,6}):(.*)$/.exec(text) ?? [];
  const names = commands().map(({ name }) => String(name));
  if (Number(tick) <= limits().ticks && names.includes(command)) {
    if (Number(tick) >= from) return { tick: Number(tick), command: /** @type {TimedCommand["command"]} */ (command) };
    throw found(text, `no tick before the ${from} of the command before it`);
  }
  throw found(text, `TICK:COMMAND, a tick from 0 to ${limits().ticks} and one of ${names.join(', ')}`);
}

/**
 * @param {string} text
 * @param {string[]} names
 */
function oneOf(text, names) {
  if (names.includes(text)) return text;
  throw found(text, `one of ${names.join(', ')}`);
}

/**
 * @param {string} text
 * @param {RegExp} form
 * @param {number} most
 * @param {string} kind
 */
function numberIn(text, form, most, kind) {
  if (form.test(text) && Number(text) <= most) return Number(text);
  throw found(text, `${kind} from 0 to ${most}`);
}

/**
 * @param {string} text
 * @param {string} expected
 */
const found = (text, expected) => new Error(`found ${quoted(text)}, expected ${expected}`);

/** @param {string} text */
const quoted = (text) => (text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text) || 'nothing';

/**
 * Key and value of a pair, or none and a fault.
 * @param {string} pair
 * @param {string[]} faults
 * @returns {[string, string][]}
 */
function split(pair, faults) {
  const at = pair.indexOf('=');
  const [key, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  try {
    return [[decodeURIComponent(key), decodeURIComponent(value)]];
  } catch {
    faults.push(`${quoted(key)}: found ${quoted(value)}, expected %25 where a percent sign is meant`);
    return [];
  }
}

/**
 * A text with what a URL's hash cannot hold, or a link has a meaning for, in
 * percents. A lone surrogate has no such form.
 * @param {string} text
 */
const encoded = (text) =>
  text.replace(/[^\w\-.~!$*,;:@/?()[\]{}=]/gu, (character) =>
    character === "'" ? '%27' : encodeURIComponent(/\p{Surrogate}/u.test(character) ? '\ufffd' : character),
  );
