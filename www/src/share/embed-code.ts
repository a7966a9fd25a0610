/** The HTML that shows a rollout in another page: a tag with its script, or an iframe. */

import { scriptUrl } from './script-url.ts';

/**
 * What is shown: a configuration as JSON text and, if it is a preset's, that
 * preset's name; the seed; the link that opens all of it in the standalone page.
 */
export type Present = { config: string; preset: string | undefined; seed: number; link: string };
/**
 * How: a `view` alone, or the whole page at a `place`, each empty where it is not chosen;
 * `theme`, empty for that of the page around; `level`, that of the topmost heading;
 * `height` in px, which only an iframe needs.
 */
export type Choice = {
  form: 'tag' | 'iframe';
  view: string;
  place: string;
  theme: string;
  level: number;
  height: number;
};

/**
 * The attributes that say which rollout. The configuration's text is one line,
 * for an empty line would end the HTML in Markdown.
 */
export const rolloutAttributes = ({ config, preset, seed }: Present): Record<string, string | number> => ({
  ...(preset ? { preset } : { config: JSON.stringify(JSON.parse(config)) }),
  seed,
});

/** The attributes that say how it is shown. */
export const shownAttributes = ({ view, place, theme, level }: Choice) => ({
  view: view || false,
  place: place || false,
  theme: theme || false,
  'heading-level': level !== 2 && level,
});

export function embedCode(present: Present, choice: Choice) {
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

/** A link that shows a part or a place, in a theme, whatever it showed. */
function linkTo(link: string, { view, place, theme }: Choice) {
  const kept = link.split('&').filter((pair) => !/^(view|place|theme)=/.test(pair));
  return [...kept, view && `view=${view}`, place && `place=${place}`, theme && `theme=${theme}`]
    .filter(Boolean)
    .join('&');
}

function tag(name: string, attributes: Record<string, string | number | boolean>) {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== false)
    .map(([key, value]) => (value === true ? ` ${key}` : ` ${key}=${quoted(String(value))}`));
  return `<${name}${written.join('')}></${name}>`;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '`': '&#96;',
  '(': '&#40;',
  '\\': '&#92;',
};

/**
 * An attribute's value as HTML; JSON, full of double quotes, stays readable in
 * single ones. What Markdown would take for its own is an entity too.
 */
function quoted(text: string) {
  const escaped = text.replace(/[&<>'`(\\]/g, (character) => ENTITIES[character]);
  return text.includes('"') ? `'${escaped}'` : `"${escaped}"`;
}
