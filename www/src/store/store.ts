/**
 * The state of the page, and every change to it. A change is a call here; views subscribe,
 * and render what they show of the state. An edit or a command can be undone.
 */

import { count, counted, tickUnit } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { jsonOf, put, putAll, textOf } from '../base/json-path.ts';
import { replayFault } from '../engine/counts.ts';
import type { Command } from '../engine/engine.ts';
import { messageOf } from '../engine/engine.ts';
import type { Recorded } from '../engine/recorded.ts';
import type { RolloutInput, RunOrder } from '../engine/replay.ts';
import { MOST_WAITED } from '../engine/replay.ts';
import type { Move, Session } from '../rollout/session.ts';
import { SearchState } from '../search/search-state.ts';
import { withRelease } from '../study/study-request.ts';
import { StudyState } from '../study/study-state.ts';
import { History } from './history.ts';
import { Player } from './player.ts';
import type { Moment } from './rollout-state.ts';
import { RolloutState } from './rollout-state.ts';
import { YoursState } from './yours-state.ts';
/** The places of the page; one is shown at a time. */
export const PLACES = ['watch', 'measure', 'find', 'yours', 'learn'] as const;
export type Place = (typeof PLACES)[number];

/** The editors of the configuration: three forms, and all of it as text. */
export type Editor = 'release' | 'traffic' | 'policy' | 'text';

/**
 * What has changed: `rollout`, the configuration or its rollout; `playhead`, the tick that
 * is looked at; `progress`, of a long simulation; `message`, the answer to a command or an
 * edit; `study`, what is known of the policy; `search`, what a search is asked and has found; `yours`, the files that are opened; `page`, which
 * place or editor is open.
 */
export type Change = 'rollout' | 'playhead' | 'progress' | 'message' | 'study' | 'search' | 'yours' | 'page';

/** A part of the page, which shows the state and changes it by calls to the store. */
export interface View {
  readonly element: HTMLElement;
  update(change: Change): void;
}

/** An answer, `about` a command or a move of the playhead: it is shown beside those controls. */
export type Message = { text: string; kind: 'info' | 'error'; about: 'commands' | 'playhead' };

export class Store extends RolloutState {
  #listeners: ((change: Change) => void)[] = [];
  #player = new Player();
  #history = new History() as History<Moment>;
  /** Whether something in a chart is being dragged, a limit or a stage; between its steps, too. */
  dragging = false;
  /** What the policy does over many rollouts. */
  readonly study = new StudyState(() => this.emit('study'));
  /** The search for a better policy. */
  readonly search = new SearchState(() => this.emit('search'));
  /** The files that somebody opened, of a controller or of counts, and what is understood of them. */
  readonly yours = new YoursState(() => this.emit('yours'));
  /** The place that is shown. */
  place: Place = 'watch';
  /** The editor that is open beside the charts. */
  editor: Editor | null = null;
  /** The answer to the last command or edit; empty if there is none. */
  message: Message = { text: '', kind: 'info', about: 'commands' };
  /** What was edited last, while commands were dropped for it and that is still said. */
  #droppedFor: string | undefined;
  /** Why the seed that was typed last was refused; empty if it was not. */
  seedFault = '';

  constructor() {
    super(() => this.emit('progress'));
  }

  /** Calls a listener after each change. */
  subscribe(listener: (change: Change) => void) {
    this.#listeners.push(listener);
  }

  emit(change: Change) {
    for (const listener of this.#listeners) listener(change);
  }

  /** Shows a place. */
  go(place: Place) {
    if (place === this.place) return;
    this.place = place;
    this.emit('page');
  }

  openEditor(editor: Editor) {
    this.editor = editor;
    this.emit('page');
  }

  closeEditor() {
    this.editor = null;
    this.emit('page');
  }

  /** Says something beside the controls. */
  say(text: string, kind: Message['kind'] = 'info', about: Message['about'] = 'commands') {
    this.message = { text, kind, about };
    this.emit('message');
  }

  get playing() {
    return this.#player.playing;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /**
   * Takes a configuration; if it is valid, its rollout is run: at once, or, if it is long,
   * beside the page. Without `recorded`, its counts are drawn.
   *
   * @param subject what of it was changed, see `History.record`
   */
  load(
    {
      config,
      seed = this.seed,
      commands = [],
      tick = null,
      veil = false,
      lenient = false,
      recorded = null,
    }: RolloutInput,
    subject?: string,
  ) {
    this.#step(() => {
      this.take(config);
      // What was to be simulated before is of no use any more.
      if (this.problems.length > 0) this.runner.stop();
      return this.problems.length === 0 ? this.#run({ config, seed, commands, tick, veil, lenient, recorded }) : '';
    }, subject);
  }

  /**
   * Takes what a host gives as a configuration, be it one or not.
   *
   * @param given JSON text, or an object
   */
  loadGiven(given: unknown) {
    const text = jsonOf(given);
    if (text !== undefined) return this.load({ config: text });
    const found =
      given === undefined ? 'undefined' : typeof given === 'object' ? 'an object that is no JSON' : `a ${typeof given}`;
    this.refuse(`found ${found}, expected an object of JSON values, or JSON text`);
    this.emit('rollout');
  }

  /** Lifts the veil: the rollout is run to its end. */
  unveil() {
    if (!this.veiled) return;
    const { config, seed, commands } = this.work;
    this.load({ config, seed, commands });
  }

  /**
   * Takes another configuration in place of this one, over the same counts.
   *
   * @param subject what of it was changed, see `History.record`
   */
  rewrite(config: string, subject?: string) {
    this.load({ config, recorded: this.wanted }, subject);
  }

  /** @param subject what of it was changed, see `History.record` */
  configure(draft: Json, subject?: string) {
    this.#dropCommands(() => this.rewrite(textOf(draft), subject), subject);
  }

  edit(path: string, value: Json | undefined) {
    this.configure(put(this.draft, path, value), path);
  }

  /**
   * Sets what is held in a chart, a limit which may stand in several places or a
   * stage's share or length, in the configuration that is drawn there.
   */
  set(paths: string[], value: number, dragging: boolean) {
    const released = this.dragging && !dragging;
    this.dragging = dragging;
    this.configure(putAll(this.drawn, paths, value), paths.join());
    if (released) this.settle();
  }

  /** Ends a step: what is edited next can be undone apart from what was edited before. */
  settle() {
    this.#history.settle();
  }

  /** Lets nothing be undone that was done before now, until it is called with `false`. */
  fence(on: boolean) {
    if (on) this.#history.fence();
    else this.#history.unfence();
  }

  undo() {
    this.#travel('undo', 'Undone.');
  }

  redo() {
    this.#travel('redo', 'Done again.');
  }

  /**
   * The same configuration with another seed, drawn anew if `null`. While the
   * configuration is invalid, the last valid one is run.
   */
  reseed(seed: string | number | null) {
    const config = this.problems.length === 0 ? this.text : this.session.config;
    this.#dropCommands(() => this.#step(() => this.#run({ config, seed, recorded: this.wanted })));
  }

  /**
   * Puts recorded counts in the place of drawn ones, or with `null` drawn ones in theirs.
   *
   * @returns why that cannot be; empty if it can
   */
  replay(recorded: Recorded | null): string {
    const config = this.problems.length === 0 ? this.text : this.session.config;
    const fault = recorded ? replayFault(config, recorded) : '';
    const { seed } = this;
    if (!fault) this.#dropCommands(() => this.#step(() => this.#run({ config, seed, recorded })));
    return fault;
  }

  /** Opens a rollout of a study: that of a seed, of a healthy release or a bad one. */
  openRun(seed: number, healthy: boolean) {
    // The days of a run over a record are drawn in the study alone.
    if (this.recorded) return;
    const config = withRelease(this.draft, this.session.report, healthy);
    if (config === this.draft) this.reseed(seed);
    else this.load({ config: textOf(config), seed });
  }

  seek(tick: number) {
    if (this.veiled) return;
    this.#player.stop();
    this.moveTo(tick);
    this.#moved();
  }

  /** @returns what the rollout's state forbids it with; it is shown, too */
  move(move: Move): unknown {
    if (this.veiled) return null;
    const { playing } = this;
    this.#player.stop();
    if (this.message.text && (this.message.about === 'playhead' || move === 'play')) this.say('');
    if (move === 'play') {
      if (!playing) this.#play();
      this.#moved();
      return null;
    }
    const order = this.session.onward(move);
    if (order) return this.#letWait(order, () => this.session.move(move));
    this.session.move(move);
    this.#moved();
    return null;
  }

  /** Lets time pass from the playhead on; where the rollout has ended, from its start. */
  #play() {
    const { session } = this;
    if (session.atEnd && !session.waits) session.moveTo(0);
    this.#player.play(session.length, {
      isBusy: () => this.isWaiting,
      step: (ticks) => this.#playOn(ticks),
      ondone: () => this.#moved(),
    });
  }

  /** @returns whether time goes on after these ticks; in a rollout that waits for a person, it does */
  #playOn(ticks: number) {
    const { session } = this;
    const order = session.onward('step');
    if (order) return this.#letWait(order, () => session.move('step')) === null;
    session.moveTo(session.playhead + ticks);
    return !session.atEnd || session.waits;
  }

  /** Lets a rollout that has stopped wait for longer. */
  #letWait(order: RunOrder, ondone: () => void): unknown {
    const { session } = this;
    if (!session.hasWaitedLong || !session.waits) return this.#goOn(order, ondone, false, 'playhead');
    const { name } = tickUnit(session.report.config.tick_seconds);
    const limit = counted(MOST_WAITED, name);
    return this.#refused(
      new Error(`The rollout has waited for ${limit}, which is the most. Promote, resume or abort it.`),
      'playhead',
    );
  }

  /** @returns what the rollout's state forbids it with; it is shown, too */
  command(command: Command): unknown {
    if (this.veiled) return null;
    this.#player.stop();
    const { session } = this;
    const branched = !session.atEnd;
    const done = () => this.say(commandWords(command, branched, session));
    return this.#goOn(session.afterCommand(command), done, true, 'commands');
  }

  /**
   * Back to the start, without commands.
   *
   * @returns why it cannot be, if so
   */
  reset(): unknown {
    this.#player.stop();
    const say = () => this.say('Reset: the rollout stands at its start, without commands.');
    return this.#goOn(this.session.anew, say, true, 'commands');
  }

  /** Stops what is being simulated. */
  stop() {
    super.stop();
    this.emit('rollout');
  }

  /** Until nothing is simulated any more. */
  settled() {
    return this.runner.settled();
  }

  /** Lets the playhead rest while nobody sees it. */
  rest(resting: boolean) {
    this.#player.resting = resting;
  }

  /** Stops the playhead, and frees what can be taken again. */
  close() {
    this.#player.stop();
    this.free();
    if (!this.isWaiting) this.runner.close();
  }

  /**
   * Changes something, emits the change, and records how it was for undo.
   *
   * @param act returns what is wrong with the seed
   */
  #step(act: () => string | undefined, subject?: string) {
    const before = this.seed === null ? null : this.moment;
    const fault = act() ?? '';
    const changed = before === null || this.differsFrom(before);
    if (before && changed) this.#history.record(before, subject);
    this.seedFault = fault;
    // A seed that is refused stays in its field, to be corrected there.
    if (changed || !fault) this.emit('rollout');
    if (fault) this.emit('message');
  }

  #travel(way: 'undo' | 'redo', words: string) {
    const moment = this.veiled ? undefined : this.#history[way](this.moment);
    if (!moment) return;
    this.#player.stop();
    this.restore(moment, () => this.#finished());
    this.emit('rollout');
    this.say(words);
  }

  /** @returns what is wrong with its seed */
  #run(work: RolloutInput): string {
    this.#player.stop();
    let later = false;
    const fault = this.run(work, () => later && this.#finished());
    later = true;
    if (!fault) this.say('');
    return fault;
  }

  /**
   * Has the rollout go on, which its state may forbid; then the engine's message is shown.
   *
   * @param step whether it can be undone
   */
  #goOn(order: RunOrder, ondone: () => void, step: boolean, about: Message['about']): unknown {
    if (this.isWaiting)
      return this.#refused(new Error('The rollout is still being simulated. It takes no command until then.'), about);
    const before = this.moment;
    let later = false;
    try {
      this.goOn(order, () => {
        const why = this.runFault;
        if (why) {
          this.forget();
          this.#refused(new Error(why), about);
          return;
        }
        ondone();
        if (step && this.differsFrom(before)) this.#history.record(before);
        if (later) this.#finished();
        else this.emit('rollout');
      });
    } catch (error) {
      return this.#refused(error, about);
    }
    later = true;
    if (this.isWaiting) this.emit('rollout');
    return null;
  }

  #refused(error: unknown, about: Message['about']) {
    this.say(messageOf(error), 'error', about);
    return error;
  }

  /**
   * Changes what a rollout is made of, which starts it anew, and says which commands are
   * dropped for it; still so while the same is edited.
   */
  #dropCommands(change: () => void, subject?: string) {
    const { message } = this;
    const commands = this.seed === null ? [] : (this.work.commands ?? []);
    change();
    if (this.problems.length > 0) return;
    if (commands.length > 0) {
      const { name } = tickUnit(this.session.report.config.tick_seconds);
      const each = commands.map(({ tick, command }) => `${command} at ${name} ${count(tick)}`);
      this.say(`The rollout starts anew. Dropped: ${each.join(', ')}. Undo brings it back.`);
      this.#droppedFor = subject;
    } else if (subject !== undefined && subject === this.#droppedFor) {
      this.say(message.text, message.kind, message.about);
    } else {
      this.#droppedFor = undefined;
    }
  }

  /** What was simulated beside the page is there, or cannot be. */
  #finished() {
    if (this.runFault) this.say(this.runFault, 'error');
    this.emit('rollout');
    this.look(() => this.emit('playhead'));
  }

  /** The playhead was moved. */
  #moved() {
    this.look(() => this.emit('playhead'));
    this.emit('playhead');
  }
}

/**
 * What a command did, for people.
 *
 * @param branched whether later ticks were dropped for it
 */
function commandWords(command: Command, branched: boolean, { playhead, report }: Session) {
  const when = `${tickUnit(report.config.tick_seconds).name} ${count(playhead)}`;
  const branch = ': a new branch begins there; what came after it is gone';
  return `${command} at ${when}${branched ? branch : ''}.`;
}
