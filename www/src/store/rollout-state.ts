/**
 * The configuration as it stands in the forms, and the rollout that is drawn: that of
 * another configuration while this one is invalid, or still being simulated. A change here
 * calls no listener; `Store` does, and views use it alone.
 */

import type { Json } from '../base/json-path.ts';
import { parsed, tooLong } from '../base/json-path.ts';
import type { Problem, Warning } from '../engine/engine.ts';
import { messageOf, new_rollout, presets, runSteps, runToEnd, validate } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { Recorded } from '../engine/recorded.ts';
import type { RolloutInput, RunOrder, RunResult } from '../engine/replay.ts';
import { isShort } from '../rollout/cost.ts';
import { RolloutRunner } from '../rollout/rollout-runner.ts';
import { Session } from '../rollout/session.ts';
/** All of it, to come back to. */
export type Moment = { text: string; draft: Json; work: RolloutInput };

export class RolloutState {
  #session: Session | null = null;
  /** What runs rollouts, beside the page where they are long. */
  runner;
  /** What is being simulated, in place of what is drawn. */
  #pending: RolloutInput | null = null;
  /** Why what was to be simulated last was not; empty where it was. */
  runFault = '';
  /** What was to be simulated last and was not. */
  notRun: RolloutInput | null = null;
  /** Why the rollout is not over the recorded counts that it is to be over; empty where it may be. */
  replayFault = '';
  /** Those counts. */
  #lost: Recorded | null = null;
  /** The configuration as JSON text, valid or not. */
  text = '';
  /** The last text that was JSON. */
  draft: Json = {};
  problems: Problem[] = [];
  /** How many further problems there are. */
  more = 0;
  warnings: Warning[] = [];

  /** @param onprogress called while something is simulated in a worker */
  constructor(onprogress: () => void) {
    this.runner = new RolloutRunner(onprogress);
  }

  /**
   * The rollout to look at: whatever an author wrote into the attributes, there
   * is one, beside what is wrong with them.
   */
  get session(): Session {
    if (!this.#session) {
      const own = this.problems.length === 0 && !this.isWaiting ? atStart(this.text) : null;
      this.#session = own ?? (atStart(presets()[0].json) as Session);
    }
    return this.#session;
  }

  /** Whether another rollout is being simulated, to take the place of the one that is drawn. */
  get isWaiting() {
    return this.runner.order !== null;
  }

  /** What makes the rollout that is drawn, or being simulated. */
  get work(): RolloutInput {
    if (this.#pending) return this.#pending;
    const { config, seed, commands, tick, recorded } = this.session;
    return { config, seed, commands, tick, recorded };
  }

  /** Whether what is drawn is another's, for this configuration's was not simulated to its end. */
  get hasRunFault() {
    return this.runFault !== '' && this.problems.length === 0 && this.session.config !== this.text;
  }

  /** The seed of the rollout; `null` before there is one. */
  get seed() {
    return (this.#pending?.seed ?? this.#session?.seed ?? null) as number | null;
  }

  /** Whose counts the rollout has; `null` where they are drawn. */
  get recorded(): Recorded | null {
    return (this.#pending ?? this.#session)?.recorded ?? null;
  }

  /** Whose counts it is to have, be it that this configuration cannot be played over them. */
  get wanted(): Recorded | null {
    return this.recorded ?? this.#lost;
  }

  /** Whether the rollout's future is veiled. */
  get veiled() {
    return this.#pending?.veil ?? this.#session?.veiled ?? false;
  }

  /** The configuration that is drawn: the last valid one that was simulated. */
  get drawn(): Json {
    return this.session.config === this.text ? this.draft : JSON.parse(this.session.config);
  }

  /** How everything is now. */
  get moment(): Moment {
    const { text, draft, work, wanted: recorded } = this;
    const tick = this.#pending ? work.tick : this.session.playhead;
    const { config, seed, commands } = work;
    return { text, draft, work: { config, seed, commands, tick, recorded } };
  }

  /** Whether more has changed since a moment than where the playhead stands. */
  differsFrom({ text, work }: Moment) {
    const now = this.moment;
    return (
      text !== now.text ||
      work.config !== now.work.config ||
      work.seed !== now.work.seed ||
      work.recorded !== now.work.recorded ||
      JSON.stringify(work.commands) !== JSON.stringify(now.work.commands)
    );
  }

  /** @param text of a configuration */
  take(text: string) {
    const fault = tooLong(text);
    if (fault) return this.refuse(fault);
    const { problems, more, warnings } = validate(text);
    this.text = text;
    this.problems = problems;
    this.more = more;
    this.warnings = warnings;
    this.draft = parsed(text) ?? this.draft;
  }

  /** Takes nothing of what is no configuration at all, and says why. */
  refuse(message: string) {
    this.problems = [{ path: '', message, line: 1, column: 1 }];
    this.more = 0;
    this.warnings = [];
  }

  /**
   * Puts another rollout in the place of this one: at once, or when it is simulated. What cannot
   * be played over its record is played in the simulated world.
   *
   * @param ondone called when it is there, and when it cannot be simulated
   * @returns what is wrong with its seed, in the engine's words; then this one stays
   */
  run(work: RolloutInput, ondone: () => void): string {
    const fault = this.#begin(work, ondone);
    const { recorded } = work;
    const isLost = fault !== '' && recorded != null && this.#begin({ ...work, recorded: null }, ondone) === '';
    if (fault && !isLost) return fault;
    this.replayFault = fault;
    this.#lost = isLost ? recorded : null;
    return '';
  }

  #begin(work: RolloutInput, ondone: () => void): string {
    try {
      this.#order({ ...work, seed: work.seed ?? this.#newSeed() }, ondone, (whole, input) => {
        this.#session?.free();
        this.#session = new Session(input, whole);
      });
      return '';
    } catch (error) {
      return messageOf(error);
    }
  }

  /**
   * Has this rollout go on as an order makes it. Throws the engine's message where it is
   * forbidden, and short.
   */
  goOn(order: RunOrder, ondone: () => void) {
    const { session } = this;
    this.#order(order, ondone, (whole, input) => session.take(input, whole));
  }

  /** Sees to it that what there is to see at the playhead is known soon. */
  look(ondone: () => void) {
    const { session, runner } = this;
    if (this.isWaiting) return;
    if (!session.isUnseen) return runner.stop();
    // While it looks elsewhere, it is let: the playhead may be on its way.
    if (runner.underWay && runner.underWay.order.tick !== null && !this.#isBehind) return;
    runner.look(session.snapshotOrder, {
      onsnapshot: (snapshot) => {
        if (session !== this.#session) return;
        session.see(snapshot);
        ondone();
        this.look(ondone);
      },
      onfailed: (message) => {
        this.runFault = message;
        session.moveToSeen();
        ondone();
      },
    });
  }

  /** Moves the playhead; of what is being simulated, where it will stand. */
  moveTo(tick: number) {
    if (this.#pending) this.#pending.tick = Math.max(0, Math.round(tick));
    else this.session.moveTo(tick);
  }

  /** Stops what is being simulated; what is drawn stays. */
  stop() {
    if (this.isWaiting) {
      this.runFault = 'Stopped.';
      this.notRun = this.#pending;
    } else {
      this.#session?.moveToSeen();
    }
    this.#pending = null;
    this.runner.stop();
  }

  /** Forgets that something was not made: what is drawn is what there is. */
  forget() {
    this.runFault = '';
    this.notRun = null;
  }

  restore({ text, draft, work }: Moment, ondone: () => void) {
    this.draft = draft;
    this.take(text);
    this.run(work, ondone);
  }

  /** Frees the engine's memory; it is taken again when it is needed. */
  free() {
    this.#session?.free();
  }

  /** Whether the playhead has gone back behind what is being looked at. */
  get #isBehind() {
    return (this.runner.underWay?.order.tick ?? 0) > this.session.playhead;
  }

  /** Another seed than the present one, short enough to be said and typed. */
  #newSeed() {
    const seed = Math.floor(Math.random() * 9999);
    return seed === this.seed ? 9999 : seed;
  }

  #order(order: RunOrder, ondone: () => void, put: (result: RunResult, input: RolloutInput) => void) {
    const input = { ...order };
    const end = (runFault: string) => {
      this.#pending = null;
      this.runFault = runFault;
      this.notRun = runFault ? input : null;
      ondone();
    };
    this.runner.run(order, {
      onresult: (whole) => {
        put(whole, input);
        end('');
      },
      onfailed: end,
    });
    if (!this.isWaiting) return;
    this.runFault = '';
    input.seed = this.runner.order?.seed;
    this.#pending = input;
  }
}

/** The rollout of a configuration, if it is made at once. */
function atStart(config: string) {
  const rollout = new_rollout(config);
  if (isShort(planOf(rollout.report()), {})) return new Session({ config }, runToEnd(runSteps(rollout, { config })));
  rollout.free();
  return null;
}
