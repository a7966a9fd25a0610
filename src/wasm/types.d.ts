
/** Where a rollout stands. */
export type State = "PROGRESSING" | "PAUSED" | "ROLLING_BACK" | "ROLLED_BACK" | "COMPLETED";

/** A call on a rollout. */
export type Call = "tick" | "advance" | "pause" | "resume" | "promote" | "abort";

/** What a person may tell a rollout. */
export type Command = "pause" | "resume" | "promote" | "abort";

/** The decision held against the truth. */
export type Outcome =
  | "promoted_rightly"
  | "caught"
  | "false_rollback"
  | "missed_regression"
  | "undecided"
  /** Decided, and nobody knows whether rightly: the counts of both versions are recorded. */
  | "unknown";

/** What a look of a rule says. */
export type Verdict = "pass" | "fail" | "inconclusive";

/** Quantiles of latency in milliseconds; null without requests. */
export interface Quantiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** A range. */
export interface Interval {
  low: number;
  high: number;
}

/** One arm in numbers; error_rate in 0..1, null without requests. */
export interface ArmMetrics {
  requests: number;
  errors: number;
  error_rate: number | null;
  /** Wilson's interval, 95 %; valid for one look. */
  error_rate_interval: Interval | null;
  latency_ms: Quantiles;
}

/** Some ticks in numbers. */
export interface Metrics {
  ticks: number;
  seconds: number;
  baseline: ArmMetrics;
  canary: ArmMetrics;
  /** The canary's error rate minus the baseline's. */
  error_rate_delta: number | null;
  /** The canary's error rate divided by the baseline's. */
  error_rate_ratio: number | null;
  /** The ratio of the true error rates if it was constant, with 95 % confidence however often one looks. */
  error_ratio_interval: { low: number | null; high: number | null };
  latency_delta_ms: Quantiles;
  /** Canary errors that the baseline would have served. */
  excess_errors: number;
}

/** The ticks that a look saw. The last tick before the rollout is 0, earlier ones are negative. */
export interface Window {
  first_tick: number;
  /** As old as the delay of the observation; before first_tick if the look saw nothing. */
  last_tick: number;
}

/** A rule in a stage; tick, verdict, observed, limit and sentence are of its last look there. */
export interface Check {
  /** Its index in config.rules; with a controller, in the report's rules. */
  rule: number;
  name: string;
  looks: number;
  failed_looks: number;
  inconclusive_looks: number;
  tick: number | null;
  verdict: Verdict | null;
  observed: number | null;
  limit: number | null;
  sentence: string | null;
  window: Window | null;
}

/** A stage as planned and as it went. Ticks are numbered from 1. */
export interface StageReport {
  number: number;
  name: string;
  traffic_pct: number;
  duration_ticks: number;
  first_tick: number | null;
  last_tick: number | null;
  metrics: Metrics | null;
  checks: Check[];
  verdict: "not_reached" | "in_progress" | "paused" | "promoted" | "rolled_back";
}

/** A share that traffic can stand at; ticks are null if it was not reached. */
export interface LevelReport {
  number: number;
  /** The canary's share of requests, above 0 up to 1. */
  share: number;
  /** Ticks for which the plan has it, timed pauses included. */
  planned_ticks: number;
  first_tick: number | null;
  last_tick: number | null;
}

/**
 * A change of course, or with `note` an event of a controller that changes neither state nor level; tick is the number
 * of ticks elapsed.
 */
export interface Decision {
  tick: number;
  stage: number;
  action: "promote" | "complete" | "extend" | "pause" | "resume" | "rollback" | "rolled_back" | "note";
  by: "policy" | "rule" | "person";
  /** The index of the rule that named the reason, as in Check. */
  rule: number | null;
  name: string | null;
  observed: number | null;
  limit: number | null;
  sentence: string;
  /** The ticks that the rule saw. */
  window: Window | null;
}

/** A command with the number of ticks elapsed when it was given. */
export interface TimedCommand {
  tick: number;
  command: Command;
}

/** What `replay` throws where a command is refused. */
export interface ReplayError extends Error {
  /** The index of the command in the list; null where it is no command that was refused. */
  index: number | null;
  /** Why, without the command's place. */
  reason: string;
}

/** Something valid in a configuration that is likely not meant. */
export interface Warning {
  path: string;
  message: string;
}

/** A fault of a configuration; line and column where it was given as text and they are known. */
export interface Problem {
  path: string;
  message: string;
  line: number | null;
  column: number | null;
}

/** A rollout's result, at its end or on the way. */
export interface Report {
  final_state: State;
  stages_completed: number;
  total_stages: number;
  rollback_triggered: boolean;
  rollback_reason: string | null;
  metrics: Metrics;
  outcome: Outcome;
  truth: {
    /** Unknown where the counts of both versions are recorded. */
    release: "healthy" | "bad" | "unknown";
    /** The first tick in which the release was worse than the baseline. */
    regression_from_tick: number | null;
    sentence: string;
  };
  /** What the counts were taken from; missing if they are drawn. */
  recorded?: RecordedReport;
  levels: LevelReport[];
  stages: StageReport[];
  decisions: Decision[];
  commands: TimedCommand[];
  seed: number;
  config: ResolvedConfig;
  /** The controller that decides in place of stages and rules; missing without one. */
  controller?: ControllerReport;
  /** The controller's checks in the form of rules; missing without one. */
  rules?: ControllerCheck[];
  warnings: Warning[];
}

/** Where recorded latencies come from: the median of a tick and the spread are recorded, the median alone, or neither. */
export type LatencySource = "record" | "recorded_median" | "config";

/** What the counts of a rollout were taken from. */
export interface RecordedReport {
  /** Both arms as recorded, or the baseline, or days of it at random, with the configuration's release laid upon it. */
  source: "both_arms" | "baseline" | "days";
  /** When the first tick begins, in seconds since 1970, UTC; null if days are drawn. */
  start: number | null;
  step_seconds: number;
  /** How many ticks are recorded; null if days are drawn. */
  ticks: number | null;
  /** Whether the record has ended before the rollout. */
  ended: boolean;
  /** Ticks so far without data; not counted if days are drawn. */
  gaps: { baseline: number; canary: number };
  /** Of two recorded arms, the levels reached: the policy's share, and the recorded one. */
  levels: { number: number; share: number; recorded_share: number | null }[];
  latency: { baseline: LatencySource; canary: LatencySource };
  /** Of two recorded arms, an estimate; negative if the canary failed less often. */
  excess_errors: number | null;
  /** What should be known to read the result. */
  notes: string[];
}

/** The recorded days that the runs of a study are drawn from. */
export interface RecordedDays {
  days: number;
  /** Days with too few data. */
  left_out: number;
  /** Seconds since midnight, UTC, at which each run begins; null for a random tick of the day. */
  start_of_day: number | null;
  requests_per_tick: number;
  error_rate: number;
  latency: LatencySource;
  /** What should be known to read the result. */
  notes: string[];
}

/** The controller that decides. */
export interface ControllerReport {
  name: string;
  /** Its own names of its phases; empty if it has none. */
  phases: string[];
  /** The name of its phase now; null if it has none. */
  phase: string | null;
  /** Ticks of a rollout in which every check passes and no person acts. */
  planned_ticks: number;
  /** The most ticks of a rollout without a person's pause. */
  most_ticks: number;
  looks_in_pauses: boolean;
}

/** The looks of a rule, an element a tick. */
export interface RuleSeries {
  /** 0 no look, 1 pass, 2 fail, 3 inconclusive. */
  verdict: Uint8Array;
  /** What was measured, in the unit of the limit; NaN without a value. */
  observed: Float64Array;
  limit: Float64Array;
  /** The limit in terms of the canary's own error rate (0..1) or latency (ms). */
  canary_limit: Float64Array;
}

/** A rollout tick by tick: an element a tick, in order; NaN where there is no value. */
export interface Series {
  /** The number of the stage, from 1. */
  stage: Uint32Array;
  /** The state after the tick: 0 PROGRESSING, 1 PAUSED, 2 ROLLING_BACK, 3 ROLLED_BACK, 4 COMPLETED. */
  state: Uint8Array;
  /** The phase after the tick, an index into the phases of the report's controller; 0 without one. */
  phase: Uint8Array;
  /** The canary's share of requests during the tick, in percent. */
  traffic_pct: Float64Array;
  baseline_requests: Float64Array;
  baseline_errors: Float64Array;
  canary_requests: Float64Array;
  /** Excess errors included. */
  canary_errors: Float64Array;
  /** Canary errors that the baseline would have served. */
  excess_errors: Float64Array;
  baseline_p50_ms: Float64Array;
  baseline_p95_ms: Float64Array;
  baseline_p99_ms: Float64Array;
  canary_p50_ms: Float64Array;
  canary_p95_ms: Float64Array;
  canary_p99_ms: Float64Array;
  /** The truth behind the counts: expected requests and the error rates, in 0..1. */
  true_requests: Float64Array;
  true_baseline_error_rate: Float64Array;
  true_canary_error_rate: Float64Array;
  /** In the order of config.rules; with a controller, of the report's rules. */
  rules: RuleSeries[];
}

/** How a ratio arrives. */
export type Arrival =
  | "at_once"
  | { late: { start_tick: number } }
  | { leak: { start_tick: number; ramp_ticks: number } }
  | { under_load: { from_load: number; full_load: number } }
  | { cold_start: { half_life_ticks: number } };

/** When a rule looks. */
export type Look =
  | "stage_end"
  | "every_tick"
  | { every_seconds: number; after_seconds?: number; count?: number };

/** What a rule looks at. */
export type RuleWindow = "tick" | "stage" | "rollout" | { last_seconds: number };

/** A rule; which parameters it takes depends on its name. */
export interface Rule {
  rule: string;
  look?: Look;
  look_while_paused?: boolean;
  window?: RuleWindow;
  of?: "canary" | "control" | "service";
  failure_limit?: number;
  of_last?: number;
  counts?: "alone" | "together" | "by_score";
  weight?: number;
  on_fail?: "rollback" | "pause";
  stages?: number[];
  min_requests?: number;
  no_data?: "inconclusive" | "wait" | "pass" | "fail";
  min_errors?: number;
  max?: number;
  floor?: number;
  quantile?: number;
  alpha?: number;
  tolerated_ratio?: number;
  bets?: number[];
  bets_open?: "tick_1" | "stage_starts";
  error_clump?: number;
  certify_below?: number;
  certify_alpha?: number;
  min_ticks?: number;
  spending?: "pocock" | "obrien_fleming" | "linear";
  tuned_for?: number;
  min_conversions?: number;
  min_change?: number;
  probability?: number;
  min_loss?: number;
  prior_errors?: number;
  prior_successes?: number;
  prior_requests?: number;
  margin?: number;
  expected_errors_per_tick?: number;
  errors_weight?: number;
  objective_ms?: number;
  objective?: number;
  factor?: number;
  long_seconds?: number;
  short_seconds?: number;
}

/** A stage of the plan. */
export interface Stage {
  name?: string;
  traffic_pct: number;
  duration_ticks?: number;
  pause?: "manual" | { ticks: number };
  error_rate_threshold?: number;
  latency_threshold_ms?: number;
}

/** A controller, one of these; config_schema() has the keys of each. */
export type Controller =
  | { argo: object }
  | { flagger: object }
  | { codedeploy: object }
  | { growthbook: object }
  | { kayenta: object };

/** A configuration as a person writes it; config_schema() has units, ranges and defaults. */
export interface Config {
  /** The address of a schema, for editors; it is not read. */
  $schema?: string;
  name?: string;
  tick_seconds?: number;
  traffic?: {
    requests_per_second?: number;
    daily_swing?: { amplitude: number; period_seconds?: number; peak_seconds?: number };
    burstiness?: number;
    canary_skew?: number;
  };
  noise?: { common?: number; per_arm?: number };
  incidents?: {
    chance_per_tick?: number;
    at_tick?: number;
    duration_ticks: number;
    error_ratio?: number;
    latency_ratio?: number;
  };
  baseline?: {
    error_rate?: number;
    error_clump?: number;
    latency_ms?: { p50?: number; p99?: number };
  };
  observation?: { delay_seconds?: number; history_seconds?: number };
  canary?: {
    error_ratio?: number;
    error_rate?: number;
    error_arrival?: Arrival;
    latency_ratio?: number;
    latency_arrival?: Arrival;
  };
  /** Needed without a controller. */
  stages?: Stage[];
  /** What decides in place of stages and rules. */
  controller?: Controller;
  error_rate_threshold?: number;
  latency_threshold_ms?: number;
  rules?: Rule[];
  on_inconclusive?:
    | "promote"
    | "pause"
    | "rollback"
    | { extend: { max_ticks: number; then: "promote" | "pause" | "rollback" } };
  rollback_ticks?: number;
  pass_score?: number;
  pods?: { count: number; ready_ticks?: number };
}

/** What a controller's metric measures. */
export type Measures =
  | "success_rate"
  | "error_rate"
  | "latency"
  | "requests"
  | "errors"
  | "requests_per_second"
  | "errors_per_second"
  | "error_rate_difference"
  | "error_rate_ratio"
  | "latency_difference"
  | "latency_ratio"
  | "nothing";

/**
 * A check of a controller in the form of a rule; a number is measured times `scale`. Rules other than `metric` have
 * parameters of their own.
 */
export interface ControllerCheck {
  rule: string;
  name?: string;
  measures?: Measures;
  quantile?: number;
  scale?: number;
  window_seconds?: number;
  /** What a window without data gives. */
  no_data?: "empty" | "nan" | { value: number };
  empty_without_errors?: boolean;
  /** When a measurement fails. */
  criterion?: object;
  look: Look;
  look_while_paused?: boolean;
  window: RuleWindow;
  of?: "canary" | "control" | "service";
  failure_limit: number;
  on_fail: "rollback" | "pause";
  min_requests: number;
  min_errors: number;
  [parameter: string]: unknown;
}

/** A rule with every default filled in. */
export type ResolvedRule = Rule & {
  look: Look;
  window: RuleWindow;
  failure_limit: number;
  on_fail: "rollback" | "pause";
};

/**
 * A configuration with every default filled in and its thresholds written out as rules. With
 * a controller it has none of the keys of a staged policy.
 */
export interface ResolvedConfig extends Config {
  name: string;
  tick_seconds: number;
  traffic: NonNullable<Config["traffic"]> & { requests_per_second: number };
  baseline: { error_rate: number; error_clump?: number; latency_ms: { p50: number; p99: number } };
  canary: NonNullable<Config["canary"]> & { error_ratio: number; latency_ratio: number };
  stages?: (Stage & { name: string; duration_ticks: number })[];
  rules?: ResolvedRule[];
}

/** A configuration known by name; json is its text. */
export interface Preset {
  name: string;
  description: string;
  json: string;
}

/** What is wrong with a configuration, and what is likely not meant. */
export interface Validation {
  /** At most 20, in the order of the text. */
  problems: Problem[];
  /** How many further problems there are. */
  more: number;
  warnings: Warning[];
}

/** A file of another program. */
export interface ImportSource {
  name: string;
  text: string;
}

/** What is said beside files of another program. */
export interface ImportOptions {
  /** What metrics measure, by name, instead of the guess, such as "error_rate of canary over 5m". */
  bind?: Record<string, string>;
  /** The Rollout or Canary to read, where the files have several. */
  name?: string | null;
  /** A configuration whose world and release stay, as text. */
  base?: string | null;
}

/** How a place of a file was understood. */
export type Understood = "read" | "guessed" | "ignored" | "not_modelled";

/** What was understood of a place of a file. */
export interface ImportNote {
  /** The file's index. */
  file: number;
  /** From 1. */
  line: number;
  /** From 1, in characters. */
  column: number;
  path: string;
  understood: Understood;
  /** Empty for a value that says itself what it means. */
  meaning: string;
}

/** What a metric of a file measures. */
export interface ImportBinding {
  metric: string;
  /** In the words of a binding. */
  measures: string;
  guessed: boolean;
  why: string;
  /** What it could measure instead. */
  choices: string[];
}

/** A problem of a file. */
export interface FileProblem {
  /** The file's index; null if no file is concerned. */
  file: number | null;
  /** The file's name; empty if no file is concerned. */
  name: string;
  path: string;
  message: string;
  line: number | null;
  column: number | null;
}

/** A configuration made of files of another program. */
export interface Import {
  /** The controller, such as "argo". */
  kind: string;
  title: string;
  /** The configuration, as text. */
  config: string;
  /** In the order of the files. */
  notes: ImportNote[];
  bindings: ImportBinding[];
  /** What the files do not say. */
  assumed: string[];
  /** The fields without effect, in one line; empty if there are none. */
  ignored: string;
  warnings: FileProblem[];
}

/** What the engine offers: every rule with its parameters, states, calls and limits. */
export interface Catalogue {
  /** Plain limits first, then rules that keep a promise. */
  rules: RuleEntry[];
  /** In the order of their numbers. */
  states: StateEntry[];
  calls: CallEntry[];
  /** How large things may be, at most. */
  limits: {
    config_bytes: number;
    /** Numbers, texts, lists and objects. */
    config_values: number;
    /** Lists and objects in one another. */
    config_depth: number;
    stages: number;
    /** With those that plain thresholds stand for. */
    rules: number;
    ticks: number;
    requests_per_tick: number;
    looks: number;
    boundary_work: number;
    seed: number;
    runs: number;
    sweep_values: number;
    policies: number;
    case_stages: number;
    kept_runs: number;
  };
  /** The keys of a configuration by what they describe; `name` is of none. */
  parts: { world: string[]; release: string[]; policy: string[] };
}

/** What a rule measures, and its limit: a share of requests, the difference of two, a ratio to the baseline and so on. */
export type Quantity = "count" | "rate" | "difference" | "ratio" | "milliseconds" | "p_value" | "probability" | "stake" | "score";

/** A rule. */
export interface RuleEntry {
  /** Its name in a configuration. */
  rule: string;
  /** Its name in plain words. */
  title: string;
  /** What it is, in a sentence. */
  description: string;
  subject: "errors" | "latency" | "traffic";
  quantity: Quantity;
  /** Where its level holds; a plain limit promises nothing. */
  guarantee: "none" | "every_look" | "every_look_roughly" | "planned_looks" | "one_look";
  /** Whether it gathers evidence over the rollout rather than reads a window. */
  gathers: boolean;
  /**
   * What a look takes at most, with each tick in its window, and each tick whose latencies it
   * draws, once; in microseconds of a processor of 2024.
   */
  cost: { look_us: number; tick_us: number; draw_us: number };
  /** All that it takes, in the order of a form. Where only one option is left there is nothing to choose. */
  parameters: Parameter[];
}

/** A parameter of a rule. */
export interface Parameter {
  key: string;
  /** Its own, when and at what it looks, or where it holds and what it does. */
  group: "method" | "look" | "action";
  /** What stands before it in a form. */
  label: string;
  kind: "number" | "whole" | "choice" | "flag";
  /** The unit in which a form shows it. */
  unit?: string;
  /** What a form shows is the value times this; default 1. */
  scale?: number;
  /** The numbers it may be. */
  min?: number;
  max?: number;
  /** Whether `min` itself is too small, `max` too large. */
  excludes_min?: true;
  excludes_max?: true;
  decimal_places?: number;
  /** How many values it has, if it is a list. */
  items?: { min: number; max: number };
  /** Another parameter that its values must exceed. */
  above?: string;
  /** Another parameter without which it is of no use. */
  only_with?: string;
  /** What it is if nobody says. */
  default?: number | string | boolean;
  /** What a form begins with where it has to be given. */
  start?: number;
  /** What it comes to if nobody says, in words, where that is no value. */
  placeholder?: string;
  /** The words it may be; one with `seconds` is the key of an object with so many seconds at first. */
  options?: { value: string; label: string; seconds?: number }[];
}

/** A state of a rollout. */
export interface StateEntry {
  state: State;
  /** Its number in a series. */
  number: number;
  /** Its name in plain words. */
  label: string;
  is_terminal: boolean;
  description: string;
}

/** A call on a rollout. */
export interface CallEntry {
  name: Call;
  /** Its name on a button. */
  label: string;
  description: string;
  /** Whether it is a command, which a person gives and the result lists. */
  is_command: boolean;
  allowed_in: State[];
}

/** The keys of a configuration that make a policy. */
export type Policy = Pick<
  Config,
  | "error_rate_threshold"
  | "latency_threshold_ms"
  | "rules"
  | "on_inconclusive"
  | "rollback_ticks"
  | "pass_score"
  | "pods"
  | "stages"
  | "controller"
>;

/** What a study is asked to do. */
export interface StudyOptions {
  /** How many seeds, 1 to 10⁹; default 10,000. */
  runs?: number;
  /** The first seed; default 0. */
  seed?: number;
  /** Ticks over which harm is charged; default the longest that a rollout can take, extensions and the way back included. */
  horizon_ticks?: number;
  /** What a person does in a pause that waits for one; default a run ends there. */
  person?: { after_ticks: number; command: "resume" | "promote" | "abort" };
  /** Numeric fields of the configuration changed beforehand. */
  set?: { field: string; value: number }[];
  /** A numeric field that takes several values; "error_ratio" is short for "canary.error_ratio". */
  sweep?: { field: string; values: number[] };
  /** Other policies on the same worlds, at most 8. */
  policies?: { name?: string; policy: Policy }[];
}

/** A number with its 95 % interval, which is of the simulation's error alone. */
export interface Estimate {
  estimate: number;
  low: number;
  high: number;
}

/** How a number spreads over runs. Quantiles of whole numbers are exact below 128, others within their bin: 1 below 128, 1/64 above. */
export interface Distribution {
  mean: number;
  p50: number;
  p95: number;
}

/** A policy on a release, over the runs of a study. */
export interface StudyCase {
  p_rollback: Estimate;
  p_completed: Estimate;
  /** It waits for a person without end. */
  p_waiting: Estimate;
  /** Rolled back before the release became worse, or though it never did. */
  p_false_rollback: Estimate;
  p_caught: Estimate;
  rolled_back_by_stage: number[];
  /** From the first worse tick to the decision, both counted. */
  ticks_to_rollback: Distribution | null;
  excess_errors: Distribution | null;
  exposed_requests: Distribution | null;
  duration_ticks: Distribution | null;
}

/** A mean difference; its interval is null where fewer than 10 runs differ, too few to tell one. */
export interface MeanDifference {
  estimate: number;
  low: number | null;
  high: number | null;
}

/** Two policies paired by seed: the second less the first. */
export interface Difference {
  p_rollback: Estimate;
  excess_errors: MeanDifference;
}

/** A requirement on a study, by the command line's gate. */
export interface RequirementReport {
  requirement: string;
  fulfilment: "met" | "undecided" | "failed";
  /** What `found` and `bound` are; of a quantile the share of runs beyond its bound. */
  measure: "probability" | "mean" | "probability_above" | "probability_below";
  /** Its interval holds after any number of runs, whatever becomes of those that wait. */
  found: Estimate;
  bound: number;
  /** How far the estimate lies beyond the bound; negative on the right side. */
  distance: number;
  quantile?: { percent: number; bound: number; estimate: number | null };
  /** After how many runs it was certain; all runs, if it is not. */
  runs: number;
  /** In how many of these the figure is open, because they wait for a person. */
  waiting_runs: number;
  /** Whether the answer certainly depends on those, so that more runs do not help. */
  depends_on_waiting: boolean;
  /** The greatest probability that the answer is wrong. */
  error_probability: number;
}

/** What a study has found so far. */
export interface StudyReport {
  runs: number;
  requested_runs: number;
  /** Whether it has not finished (yet). */
  partial: boolean;
  seeds: { first: number; last: number | null; next: number | null };
  /** Seeds between the first and the last that no row has: of the command line's `combine`. */
  missing_seeds?: { first: number; last: number }[];
  horizon_ticks: number;
  /** Of the configuration's own release, if that is healthy in the end, else of one as good as the baseline. */
  false_rollback: Estimate;
  /** Of the configuration's release, if that is bad. */
  missed_regression: Estimate | null;
  release_is_bad: boolean;
  /** The policy on a release as good as the baseline. */
  healthy: StudyCase;
  /** The policy on the configuration's release, if that differs from the baseline. */
  release: StudyCase | null;
  /**
   * By value, the cases of each policy, the configuration's own first; `healthy` with a healthy release, for fields
   * that are not the release's, if it differs from the baseline.
   */
  sweep: { field: string; points: { value: number; policies: StudyCase[]; healthy?: StudyCase[] }[] } | null;
  policies: {
    name: string;
    healthy: StudyCase;
    release: StudyCase | null;
    healthy_difference: Difference;
    release_difference: Difference | null;
  }[];
  /** The recorded days that the runs are drawn from; missing if counts are drawn. */
  recorded?: RecordedDays;
  /** Of the command line's gate. */
  requirements?: RequirementReport[];
  config: ResolvedConfig;
}

/** The outcomes of a study's first runs, at most 1,000, an element a run; run i has the study's seed + i. */
export interface FirstRuns {
  /** 0 completed, 1 rolled back, 2 waits for a person. */
  end: Uint8Array;
  stages_completed: Uint32Array;
  ticks: Uint32Array;
  excess_errors: Float64Array;
}

/** A field of the policy with its values: text as on the command line, or an object. */
export type Vary =
  | string
  | { field: string; values: unknown[] }
  | { field: string; from: number; to: number; count?: number };

/** What a search is asked to do. */
export interface SearchOptions {
  /**
   * Fields of the policy with their values, such as "stages[0].traffic_pct=1,2,5", "rules[0].max=0.005..0.05/6" or
   * "stages=[[…],[…]]". "[*]" is every item of a list; "stages[*].traffic_pct" gives each stage another of the
   * values, rising from stage to stage.
   */
  vary?: Vary[];
  /** Policies that are candidates as they are. */
  policies?: { name?: string; policy: Policy }[];
  /** Bounds that must hold, such as "missed_regression(error_ratio=2)<=0.05"; at most 16. */
  hold?: string[];
  /** Figures to be made least, such as "excess_errors(error_ratio=5)", 1 to 16; the first one decides. */
  least: string[];
  /** The most rollouts of all candidates together; default 10,000,000. */
  runs?: number;
  /** The most candidates of the grid; default 400. From a larger grid, as many are sampled. */
  candidates?: number;
  /** The first seed; default 0. */
  seed?: number;
  /** Ticks for which excess errors are counted; default the longest that a rollout can take. */
  horizon_ticks?: number;
  /** What a person does in a pause that waits for one; default a run ends there. */
  person?: { after_ticks: number; command: "resume" | "promote" | "abort" };
  /** The greatest probability that any candidate is wrongly said to hold or to violate a bound; default 0.001. */
  error_probability?: number;
  /** By which share a figure may be worse and still count as the same; default 0.01. */
  tolerance?: number;
}

/** A figure with its 95 % interval; an end is null where it is not known yet. */
export interface SearchFigure {
  estimate: number | null;
  low: number | null;
  high: number | null;
}

/** What was found about a bound of a search. */
export interface HeldBound {
  fulfilment: "met" | "undecided" | "failed";
  /** What the bound's `measure` says. Its interval holds after any number of runs, for all candidates together. */
  found: Estimate;
  /** How far the estimate lies beyond the bound; negative on the right side. */
  distance: number;
  /** The quantile, if the bound is on one. */
  quantile?: number;
}

/** A policy among the candidates of a search. */
export interface SearchCandidate {
  /** The values of the varied fields; empty for a policy that is given as it is. */
  values: unknown[];
  /** The name of a policy that is given as it is; "present" for the configuration's own. */
  policy?: string;
  /** Still simulated; certainly violates a bound; another is certainly better; left out for lack of rollouts. */
  state: "alive" | "failed" | "dominated" | "left_out";
  /** The bound that it violates, as an index of `hold`. */
  hold: number | null;
  /** The id of a candidate that is better. */
  by: number | null;
  /** Runs so far: seeds, on every release that is asked about. */
  runs: number;
  /** The share of its rollouts that wait for a person. */
  waiting: number;
  /** In the order of `hold`. */
  holds: HeldBound[];
  /** In the order of `least`. */
  figures: SearchFigure[];
}

/** What was found with other seeds than those by which a policy was chosen; 95 % intervals. */
export interface FreshFigures {
  runs: number;
  holds: HeldBound[];
  figures: SearchFigure[];
}

/** The policy that a search has chosen. */
export interface Chosen {
  id: number;
  /** The figures to rely on; null until the second measurement has begun. */
  fresh: FreshFigures | null;
  /** The present policy with the same fresh seeds. */
  fresh_present: FreshFigures | null;
  /** The other members of the front: how much more they have of each figure on the same seeds. */
  compared: { id: number; more: SearchFigure[]; same: boolean }[];
  /** The whole configuration with this policy. */
  config: ResolvedConfig;
}

/** What a search has found so far. Candidates are as after the last round that is finished. */
export interface SearchReport {
  phase: "racing" | "nearing" | "confirming" | "finished";
  /** Rollouts simulated. */
  rollouts: number;
  /** The most rollouts; a search may need fewer. */
  requested_rollouts: number;
  /** Rounds finished; each doubles the runs of the candidates that are alive. */
  rounds: number;
  seeds: { first: number; fresh: number | null };
  horizon_ticks: number;
  person?: { after_ticks: number; command: "resume" | "promote" | "abort" };
  error_probability: number;
  tolerance: number;
  /** The varied fields, in the order of the candidates' `values`, with the number of their values. */
  vary: { field: string; values: number }[];
  /** The grid of all values. */
  grid: {
    combinations: number;
    /** Whether the candidates are a sample of it. */
    sampled: boolean;
    invalid: number;
    /** Combinations that give the same configuration as an earlier one. */
    repeated: number;
    first_invalid: { values: unknown[]; problem: string } | null;
  };
  /** The recorded days that the rollouts are drawn from; otherwise missing. */
  recorded?: RecordedDays;
  /** The bounds. `bound` is what bounds `found`: 0.05 for a p95 that is at most a number. */
  hold: { requirement: string; measure: RequirementReport["measure"]; bound: number; at_most: boolean }[];
  /** The figures to be made least; the first one decides. */
  least: string[];
  /** All candidates; a candidate's id is its index. */
  candidates: SearchCandidate[];
  /** The configuration's own policy. */
  present: SearchCandidate;
  /** The id of the candidate that is the same policy. */
  present_id: number | null;
  /** The ids of those that surely hold all bounds and than which none is better, by the first figure. */
  front: number[];
  /** Null until the rounds are over, and if no candidate surely holds all bounds. */
  chosen: Chosen | null;
  /** If none does, the one that comes nearest to it; `hold` is the index of its farthest bound. */
  nearest: {
    id: number;
    hold: number;
    fresh: FreshFigures | null;
    fresh_present: FreshFigures | null;
    config: ResolvedConfig;
  } | null;
  /** By bound, how many candidates surely hold it, surely do not, and are open. */
  limiting: { met: number; failed: number; undecided: number }[];
  /** What should be known to read the result. */
  notes: string[];
  config: ResolvedConfig;
}

/** The names in a cluster that an export uses. Queries are for Prometheus. */
export interface ExportNames {
  /** The name of the service, of its Deployment and of the files' objects. */
  service: string;
  /** The address of Prometheus. */
  prometheus: string;
  /** The counter of requests. */
  requests: string;
  /** The histogram of latencies in seconds, without `_bucket`. */
  latency: string;
  /** The label that tells the versions apart. */
  version: string;
  /** Its value for the canary. */
  canary: string;
  /** Its value for the stable version. */
  stable: string;
  /** The label matcher that selects failed requests. */
  failed: string;
}

/** A policy in the words of a controller. */
export interface Export {
  files: { name: string; text: string }[];
  /** What a person has to know or to fill in, a sentence each. */
  notes: string[];
}

/** How recorded counts are read. A selector is a name of a metric, column or file, or labels: `version=v2`. */
export interface CountsOptions {
  /** What series are, such as `errors=http_5xx` or `canary.requests=version=v2`. */
  series?: string[];
  /** A selector of the baseline's series. */
  baseline?: string;
  /** A selector of the canary's series. */
  canary?: string;
  /** The first and the last time to read, in seconds since 1970, UTC. */
  from?: number;
  to?: number;
  /** The length of a step, a multiple of that in the files. */
  step_seconds?: number;
  /** The time zone of times that name none: an offset such as `+02:00`. */
  time_zone?: string;
  /** Whether a step with requests and without a value of errors had none. */
  absent_errors_are_zero?: boolean;
}

/** What files of recorded counts give. */
export interface CountsReading {
  /** What each file is. */
  kinds: string[];
  /** What each series was taken as, and why; `told` if an option says so. */
  understood: { file: number; series: string; role: string; told: boolean; why: string }[];
  /** What the files do not say. */
  assumed: string[];
  warnings: FileProblem[];
}

/** What is recorded of a version, an element a step; `NaN` where nothing is recorded. */
export interface RecordedArm {
  requests: Float64Array;
  errors: Float64Array;
  latency: { q: number; ms: Float64Array }[];
}

/** A record. */
export interface RecordSeries {
  /** The start of the first step, in seconds since 1970, UTC. */
  start: number;
  step_seconds: number;
  steps: number;
  baseline: RecordedArm;
  canary: RecordedArm | null;
}

export interface FitOptions {
  /** Length of a tick of the world; default a step of the record. */
  tick_seconds?: number;
  /** When a rollout starts, in seconds since 1970, UTC; default with the record. */
  rollout_start?: number;
}

/** What is recorded, and what the fitted world makes: its mean and a band that 95 % meet. */
export interface Compared {
  /** Null in a gap. */
  recorded: number | null;
  fitted: number;
  low: number;
  high: number;
}

/** A world fitted to recorded counts. */
export interface Fit {
  record: {
    start: number;
    step_seconds: number;
    steps: number;
    ticks: number;
    gaps: number;
    versions: number;
    incidents: number;
  };
  /** The world's part of a configuration, as far as the record tells it. */
  world: object;
  parameters: {
    /** Where it is in a configuration. */
    path: string;
    value: number | null;
    standard_error: number | null;
    /** A 95 % interval. */
    low: number | null;
    high: number | null;
    method: string;
    /** Why the record does not tell it. */
    not_identified?: string;
  }[];
  /** What should be known to use the world. */
  notes: string[];
  /** How well the world describes the record. */
  findings: {
    name: string;
    grade: "ok" | "doubtful" | "not_described";
    statistic: number;
    p?: number | null;
    sentence: string;
  }[];
  /** The record beside the fitted world. */
  picture: {
    start: number;
    seconds: number;
    requests_per_second: Compared;
    error_rate?: Compared;
    incident: boolean;
  }[];
}

export interface ReplayOptions {
  /** When the rollout begins, in seconds since 1970, UTC; default with the canary's first requests. */
  start?: number;
  /** Lay the configuration's release upon the baseline although a canary is recorded. */
  lay_release?: boolean;
  /** Leave requests out where the policy gives the canary less traffic than it had. */
  thin_canary?: boolean;
}
