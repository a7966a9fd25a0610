/**
 * The whole state of the page as a readable, versioned text for the hash of a
 * URL: `v=1&preset=opening&seed=192&config.rules[0].max=0.03&at=12:pause&tick=15`.
 * What a link does not say is the default.
 */

import type { Json } from '../base/json-path.ts';
import { commands, limits } from '../engine/catalogue.ts';
import type { TimedCommand } from '../engine/engine.ts';
import { differences, placed } from './differences.ts';
import { searchSettingsOf } from './search-choices.ts';
import { isDeeper, MOST_DEPTH, readValue, writeValue } from './value.ts';
/**
 * What a link says; `null` where it says nothing. No `seed` is a random one, no
 * `tick` the rollout's end. `against` is the other policy's name, `bad` the
 * share of bad releases in percent, `along` what the study's curve goes along,
 * `search` what is asked of a search, `lesson` a lesson's name or its JSON, `place` the place of the page that is shown.
 */
export type LinkState = {
  preset: string;
  config: Json;
  seed: number | null;
  commands: TimedCommand[];
  tick: number | null;
  view: string | null;
  theme: string | null;
  against: string | null;
  bad: number | null;
  along: string | null;
  search: string | null;
  lesson: string | null;
  place: string | null;
};
/** What a link can name, and `usual`, a configuration's defaults. */
export type Known = {
  presets: { name: string; config: Json }[];
  usual: Json;
  views: string[];
  policies: string[];
  places: readonly string[];
};

/** Of a link, in characters. */
const MOST = 65_536;
/** Of a value that a fault quotes. */
const MOST_QUOTED = 40;

/** What the keys but `v`, `at` and `config` are read by. */
const KEYS: Record<string, (text: string, known: Known) => string | number> = {
  preset: (text, { presets }) =>
    oneOf(
      text,
      presets.map(({ name }) => name),
    ),
  seed: (text) => numberIn(text, /^\d+$/, limits().seed, 'a whole number'),
  tick: (text) => numberIn(text, /^\d+$/, limits().ticks, 'a whole number'),
  view: (text, { views }) => oneOf(text, views),
  theme: (text) => oneOf(text, ['light', 'dark']),
  against: (text, { policies }) => oneOf(text, policies),
  bad: (text) => numberIn(text, /^\d+(?:\.\d+)?(?:e-\d+)?$/, 100, 'a number'),
  along: (text) => oneOf(text, ['ratio', 'traffic', 'delay']),
  search: (text) => {
    searchSettingsOf(text);
    return text;
  },
  lesson: (text) => text,
  place: (text, { places }) => oneOf(text, places),
};

/**
 * @param state without a preset,
 *   that is named which has least to be said beside it
 * @returns without `#`
 */
export function writeLink(
  { preset, config, commands, ...rest }: Omit<LinkState, 'preset'> & { preset?: string },
  known: Known,
): string {
  // A configuration that a link could not say is none for the engine either.
  if (isDeeper(config, MOST_DEPTH)) config = {};
  const bases = known.presets.filter(({ name }) => name === (preset ?? name));
  const [named] = bases.map((base) => written(config, base, known)).sort((a, b) => length(a) - length(b));
  const after = Object.keys(KEYS).filter((key) => key !== 'preset' && key !== 'seed');
  const said = (keys: string[]) =>
    keys.flatMap((key) => {
      const value = (rest as Record<string, string | number | null>)[key];
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

/** A configuration as pairs beside a preset. */
const written = (config: Json, { name, config: base }: { name: string; config: Json }, { usual }: Known) => ({
  name,
  pairs: differences(config, base, usual).map(([path, value]) => [
    `config${path}`,
    value === undefined ? '' : writeValue(value),
  ]),
});

const length = ({ pairs }: { pairs: string[][] }) => pairs.join().length;

/**
 * Reads what can be read; whatever a text holds, nothing is thrown.
 *
 * @param text with or without `#`
 * @returns no state if nothing of
 *   the link can be trusted; a fault names its key and what was expected
 */
export function readLink(text: string, known: Known): { state: LinkState | null; faults: string[] } {
  if (text.length > MOST) {
    const kB = Math.ceil(text.length / 1024);
    return { state: null, faults: [`The link is ${kB} kB long, the limit is 64 kB. Nothing of it was read.`] };
  }
  const faults: string[] = [];
  const pairs = text
    .replace(/^#/, '')
    .split('&')
    .filter(Boolean)
    .flatMap((pair) => split(pair, faults));
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

/** What the empty link says. */
function blank({ presets: [{ name, config }] }: Known): LinkState {
  const nothing = {
    seed: null,
    tick: null,
    view: null,
    theme: null,
    against: null,
    bad: null,
    along: null,
    search: null,
    lesson: null,
    place: null,
  };
  return { preset: name, config, commands: [], ...nothing };
}

/** @param state changed by it */
function take(state: LinkState, key: string, value: string, known: Known) {
  if (key === 'v') return;
  if (/^config(?![^.[])/.test(key)) {
    state.config = placed(state.config, key.slice('config'.length), value === '' ? undefined : configured(value));
  } else if (key === 'at') {
    state.commands.push(commandOf(value, state.commands.at(-1)?.tick ?? 0));
  } else if (Object.hasOwn(KEYS, key)) {
    Object.assign(state, { [key]: KEYS[key](value, known) });
    if (key === 'preset') state.config = known.presets.find(({ name }) => name === value)?.config ?? state.config;
  } else {
    throw new Error(`unknown key, expected one of v, ${Object.keys(KEYS).join(', ')}, at, config.…`);
  }
}

function configured(text: string) {
  try {
    return readValue(text);
  } catch (error) {
    throw found(text, error instanceof Error ? error.message : '');
  }
}

/** @param from the tick of the command before it */
function commandOf(text: string, from: number): TimedCommand {
  const [, tick, command] = /^(\d{1,6}):(.*)$/.exec(text) ?? [];
  const names = commands().map(({ name }) => String(name));
  if (Number(tick) <= limits().ticks && names.includes(command)) {
    if (Number(tick) >= from) return { tick: Number(tick), command: command as TimedCommand['command'] };
    throw found(text, `no tick before the ${from} of the command before it`);
  }
  throw found(text, `TICK:COMMAND, a tick from 0 to ${limits().ticks} and one of ${names.join(', ')}`);
}

function oneOf(text: string, names: readonly string[]) {
  if (names.includes(text)) return text;
  throw found(text, `one of ${names.join(', ')}`);
}

function numberIn(text: string, form: RegExp, most: number, kind: string) {
  if (form.test(text) && Number(text) <= most) return Number(text);
  throw found(text, `${kind} from 0 to ${most}`);
}

const found = (text: string, expected: string) => new Error(`found ${quoted(text)}, expected ${expected}`);

const quoted = (text: string) => (text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text) || 'nothing';

/** Key and value of a pair, or none and a fault. */
function split(pair: string, faults: string[]): [string, string][] {
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
 */
const encoded = (text: string) =>
  text.replace(/[^\w\-.~!$*,;:@/?()[\]{}=]/gu, (character) =>
    character === "'" ? '%27' : encodeURIComponent(/\p{Surrogate}/u.test(character) ? '\ufffd' : character),
  );
