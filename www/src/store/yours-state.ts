/**
 * The place Yours: the files that somebody opened, and what the engine understands of them: a
 * controller's, or recorded counts. Files stay in this tab. Views read it; every change calls
 * `onchange`.
 */

import type { ReadRecord } from '../engine/counts.ts';
import { readRecord } from '../engine/counts.ts';
import type { CountsOptions, Fit, ImportSource } from '../engine/engine.ts';
import { is_foreign } from '../engine/engine.ts';
import { isOfCounts } from '../engine/file-kind.ts';
import { Fitter } from '../engine/fitter.ts';
import type { FileFault, Understood } from '../engine/foreign.ts';
import { imported } from '../engine/foreign.ts';

const NOTHING: Understood = { found: null, problems: [] };

/** What files are: a controller's, or recorded counts. */
export type FileKind = 'controller' | 'counts';

export class YoursState {
  #onchange;
  #files: ImportSource[] = [];
  #kind: FileKind = 'controller';
  #bind: Record<string, string> = {};
  #understood = NOTHING;
  /** What a person says of series of counts: roles by selector. */
  #roles: Map<string, string> = new Map();
  #counts: ReadRecord | null = null;
  /** The fit of the counts, and the length of its tick; `null` while it is made. */
  #fit: { tickSeconds: number; found: Fit | string | null } | null = null;
  #fitter = new Fitter();
  /** Why files were not opened, before the engine saw them; empty if they were. */
  refusal = '';

  constructor(onchange: () => void) {
    this.#onchange = onchange;
  }

  /** The files, as they were given. */
  get files() {
    return this.#files;
  }

  get kind() {
    return this.#kind;
  }

  /** What was understood of a controller's files; `null` where nothing was, and before there are any. */
  get found() {
    return this.#understood.found;
  }

  /** What was read of recorded counts; `null` where nothing was, and before there are any. */
  get counts() {
    return this.#counts;
  }

  /** Why nothing was understood. */
  get problems() {
    return this.#understood.problems;
  }

  /** Takes files in place of those that are there. */
  open(files: ImportSource[]) {
    this.#files = files;
    this.#bind = {};
    this.#roles.clear();
    this.refusal = '';
    this.#read();
  }

  /** Says why files cannot be taken; those that are there stay. */
  refuse(why: string) {
    this.refusal = why;
    this.#onchange();
  }

  /** Says what a metric measures, in place of the guess. */
  bind(metric: string, measures: string) {
    this.#bind = { ...this.#bind, [metric]: measures };
    this.#read();
  }

  /** Says what a series of counts is, in place of the guess. */
  take(series: string, role: string) {
    this.#roles.set(series, role);
    this.#read();
  }

  /** Whether a person has said what series are. */
  get isTold() {
    return this.#roles.size > 0;
  }

  /** Forgets what a person has said of series. */
  guess() {
    this.#roles.clear();
    this.#read();
  }

  /** The world that the counts describe, or why there is none; `null` while it is being fitted. */
  get fit(): Fit | string | null {
    return this.#fit?.found ?? null;
  }

  /** Has a world with ticks of so many seconds fitted to the counts; to a long record, beside the page. */
  want(tickSeconds: number) {
    if (!this.#counts || this.#fit?.tickSeconds === tickSeconds) return;
    const fit = { tickSeconds, found: null as Fit | string | null };
    this.#fit = fit;
    let later = false;
    this.#fitter.fit(this.#counts.record, tickSeconds, (found) => {
      fit.found = found;
      if (later) this.#onchange();
    });
    later = true;
  }

  /** Forgets the files. */
  clear() {
    this.open([]);
  }

  /** Ends what runs. */
  close() {
    this.#fitter.close();
    if (this.#fit?.found === null) this.#fit = null;
  }

  /** Goes on after `close`. */
  resume() {
    if (this.#counts && !this.#fit) this.#onchange();
  }

  #read() {
    this.#understood = NOTHING;
    this.#counts = this.#fit = null;
    this.#fitter.close();
    this.#kind = 'controller';
    if (this.#files.length > 0 && this.#files.every((file) => isOfCounts(file, is_foreign))) this.#readCounts();
    else if (this.#files.length > 0) this.#understood = imported(this.#files, this.#bind);
    this.#onchange();
  }

  #readCounts() {
    const series = Array.from(this.#roles, ([selector, role]) => `${role}=${selector}`);
    const options: CountsOptions = { series };
    const found = readRecord(this.#files, options);
    this.#kind = 'counts';
    if (Array.isArray(found)) this.#understood = { found: null, problems: found as FileFault[] };
    else this.#counts = found;
  }
}
