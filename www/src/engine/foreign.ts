/** Files of other programs: what the engine understands of them, and policies in their words. */

import type { Export, FileProblem, Import, ImportSource } from './engine.ts';
import { export_policy, import_files, messageOf } from './engine.ts';

/** A fault, with the index of its file and its line where it has one. */
export type FileFault = Pick<FileProblem, 'file' | 'line' | 'message'>;
/** What was understood of files, or why nothing was. */
export type Understood = { found: Import | null; problems: FileFault[] };

/**
 * What files say.
 *
 * @param bind what metrics measure, by their names, in place of the guess
 */
export function imported(files: ImportSource[], bind: Record<string, string>): Understood {
  try {
    return { found: import_files(files, { bind }), problems: [] };
  } catch (error) {
    return { found: null, problems: faultsOf(messageOf(error), files) };
  }
}

/** The faults of files, from the engine's message: a line each. */
export const faultsOf = (message: string, files: ImportSource[]) =>
  message
    .split('\n')
    .filter(Boolean)
    .map((text) => faultOf(text, files));

/** A line of the engine's message: `file:line:column: message`. */
function faultOf(text: string, files: ImportSource[]): FileFault {
  const index = files.findIndex(({ name }) => text.startsWith(`${name}:`));
  const [, line, message] = (index < 0 ? '' : text.slice(files[index].name.length)).match(/^:(\d+):\d+: (.*)$/) ?? [];
  return message ? { file: index, line: Number(line), message } : { file: null, line: null, message: text };
}

export type Target = 'argo' | 'flagger' | 'codedeploy';

/** A configuration's policy in a controller's words, or the sentences that refuse it. */
export function exported(config: string, target: Target): Export | string {
  try {
    return export_policy(config, target);
  } catch (error) {
    return messageOf(error);
  }
}
