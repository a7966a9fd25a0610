/** The HTML that brings a rollout into another page. */

import { scriptUrl } from './place.js';

/**
 * What is brought: a configuration as JSON text and, if it is a preset's, that
 * preset's name; the seed; the link that opens all of it in the standalone page.
 * @typedef {{ config: string, preset: string | undefined, seed: number, link: string }} Present
 */
/**
 * How: `view` and `theme` empty for the whole page in the reader's theme, `level`
 * that of the topmost heading, `height` in px, which only an iframe needs.
 * @typedef {{ form: "tag" | "iframe", view: string, theme: string, level: number, height: number }} Choice
 */

/**
 * The attributes that say which rollout. The configuration's text is one line,
 * for an empty line would end the HTML in Markdown.
 * @param {Present} present
 * @returns {Record<string, string | number>}
 */
export const rolloutAttributes = ({ config, preset, seed }) => ({
  ...(preset ? { preset } : { config: JSON.stringify(JSON.parse(config)) }),
  seed,
});

/**
 * The attributes that say how it is shown.
 * @param {Choice} choice
 */
export const shownAttributes = ({ view, theme, level }) => ({
  view: view || false,
  theme: theme || false,
  'heading-level': level !== 2 && level,
});

/**
 * @param {Present} present
 * @param {Choice} choice
 */
export function embedCode(present, choice) {
  if (choice.form === 'tag') {
    const script = scriptUrl ?? 'canary-rollout.js';
    const module = script.includes('.mjs');
    return [
      tag('script', { type: module && 'module', src: script, defer: !module }),
      tag('canary-rollout', { ...rolloutAttributes(present), ...shownAttributes(choice) }),
    ].join('\n');
  }
  return tag('iframe', {
    src: `${pageUrl()}?embed=1#${linkTo(present.link, choice)}`,
    title: 'Canary rollout',
    loading: 'lazy',
    style: 'width: 100%; border: 0',
    height: choice.height,
  });
}

/** The standalone page lies beside the script's folder. */
const pageUrl = () => (scriptUrl ? new URL('../index.html', scriptUrl).href : 'index.html');

/**
 * A link that shows a part, in a theme, whatever it showed.
 * @param {string} link
 * @param {Choice} choice
 */
function linkTo(link, { view, theme }) {
  const kept = link.split('&').filter((pair) => !/^(view|theme)=/.test(pair));
  return [...kept, view && `view=${view}`, theme && `theme=${theme}`].filter(Boolean).join('&');
}

/**
 * @param {string} name
 * @param {Record<string, string | number | boolean>} attributes
 */
function tag(name, attributes) {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== false)
    .map(([key, value]) => (value === true ? ` ${key}` : ` ${key}=${quoted(String(value))}`));
  return `<${name}${written.join('')}></${name}>`;
}

/** @type {Record<string, string>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '`': '&#96;', '(': '&#40;', '\\': '&#92;' };

/**
 * An attribute's value as HTML; JSON, full of double quotes, stays readable in
 * single ones. What Markdown would take for its own is an entity too.
 * @param {string} text
 */
function quoted(text) {
  const escaped = text.replace(/[&<>'`(\\]/g, (character) => ENTITIES[character]);
  return text.includes('"') ? `'${escaped}'` : `"${escaped}"`;
}
