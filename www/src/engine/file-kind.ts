/** What a file is by its name and its first lines: recorded counts, or a controller's. */

import type { ImportSource } from './engine.ts';

/** What is looked at of a text. */
const HEAD = 4096;
/** What a controller's file may have, in characters: the engine reads no more of all together. */
const MOST_OF_CONTROLLER = 4 * 2 ** 20;
/** What no file of counts is called. */
export const NO_COUNTS = /\.(?:ya?ml|tpl)$/i;
/** What an answer of a monitoring system has among its keys. */
const KEYS = /"(?:resultType|result|MetricDataResults|pointlist|series|values|points|data|error|errors)"\s*:/;
/** How a line of YAML begins that is no header: a mark, a tag, a template, an item, or a key with its colon. */
const YAML = /^(?:---|%|!|\{\{|[-?]\s|[^,;\t]*:(?:\s|$))/;

/** The ending that a text's name would have. */
export function endingOf(text: string): 'html' | 'json' | 'csv' | 'yaml' {
  const start = text.slice(0, HEAD).trimStart();
  if (start.startsWith('<')) return 'html';
  if (/^(?:\[|\{(?!\{))/.test(start)) return 'json';
  const lines = start.split(/\r?\n/).map((line) => line.trim());
  // A comment says nothing; the header of a table may begin like one, and rows follow it.
  const line = lines.find((one) => one && !one.startsWith('#')) ?? '';
  const bare = line.replaceAll(/"[^"]*"/g, '');
  return !YAML.test(bare) && /[,;\t]/.test(bare) ? 'csv' : 'yaml';
}

/**
 * Whether a file is to be read as counts: a table, a page in place of an answer, or JSON that
 * is no controller's.
 *
 * @param isForeign whether a text is a controller's
 */
export function isOfCounts({ name, text }: ImportSource, isForeign: (text: string) => boolean) {
  if (NO_COUNTS.test(name)) return false;
  const ending = endingOf(text);
  if (ending !== 'json') return ending !== 'yaml';
  return KEYS.test(text.slice(0, HEAD)) && !(text.length <= MOST_OF_CONTROLLER && isForeign(text));
}
