/** A search and its gate as commands for a terminal. */

import type { SearchOptions } from '../engine/engine.ts';
import type { Order } from './settings.ts';

/** An argument in quotes, where a shell needs them. */
const quoted = (text: string) => (/^[\w./:=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);

/** Lines of one command. */
const lines = (command: string, options: [name: string, value: string][]) =>
  [command, ...options.map(([name, value]) => `  ${name} ${quoted(value)}`)].join(' \\\n');

const countsOptions = (recorded: Order['recorded']) =>
  (recorded?.record.files ?? []).map(({ name }): [string, string] => ['--counts', name]);

/** The gate that a pipeline runs: it fails if a policy does not keep the bounds. */
export const gateCommand = ({ options, recorded }: Order) =>
  lines('canary-rollout study policy.json', [
    ...countsOptions(recorded),
    ...(options.hold ?? []).map((bound): [string, string] => ['--require', bound]),
  ]);

/** The search itself. */
export const searchCommand = ({ options, recorded }: Order) =>
  lines('canary-rollout search policy.json', [
    ...countsOptions(recorded),
    ...(options.vary ?? []).map((one): [string, string] => ['--vary', varyText(one)]),
    ...(options.hold ?? []).map((bound): [string, string] => ['--hold', bound]),
    ...options.least.map((figure): [string, string] => ['--least', figure]),
    ['--runs', String(options.runs)],
    ['--candidates', String(options.candidates)],
    ['--format', 'text'],
  ]);

function varyText(one: NonNullable<SearchOptions['vary']>[number]) {
  if (typeof one === 'string') return one;
  if ('values' in one) return `${one.field}=${one.values.join(',')}`;
  return `${one.field}=${one.from}..${one.to}${one.count === undefined ? '' : `/${one.count}`}`;
}
