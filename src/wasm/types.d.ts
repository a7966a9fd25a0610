
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
  | "undecided";

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
  /** Its index in config.rules. */
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

/** A change of course; tick is the number of ticks elapsed. */
export interface Decision {
  tick: number;
  stage: number;
  action: "promote" | "complete" | "extend" | "pause" | "resume" | "rollback" | "rolled_back";
  by: "policy" | "rule" | "person";
  /** The index in config.rules of the rule that named the reason. */
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
    release: "healthy" | "bad";
    /** The first tick in which the release was worse than the baseline. */
    regression_from_tick: number | null;
    sentence: string;
  };
  levels: LevelReport[];
  stages: StageReport[];
  decisions: Decision[];
  commands: TimedCommand[];
  seed: number;
  config: ResolvedConfig;
  warnings: Warning[];
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
  /** In the order of config.rules. */
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
  stages: Stage[];
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

/** A configuration with every default filled in and its thresholds written out as rules. */
export interface ResolvedConfig extends Config {
  name: string;
  tick_seconds: number;
  traffic: NonNullable<Config["traffic"]> & { requests_per_second: number };
  baseline: { error_rate: number; error_clump?: number; latency_ms: { p50: number; p99: number } };
  canary: NonNullable<Config["canary"]> & { error_ratio: number; latency_ratio: number };
  stages: (Stage & { name: string; duration_ticks: number })[];
  rules: (Rule & {
    look: Look;
    window: RuleWindow;
    failure_limit: number;
    on_fail: "rollback" | "pause";
  })[];
  on_inconclusive: NonNullable<Config["on_inconclusive"]>;
  rollback_ticks: number;
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
> & { stages?: Stage[] };

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

/** A requirement held against a study, by the command line's gate. */
export interface RequirementReport {
  requirement: string;
  fulfilment: "met" | "undecided" | "failed";
  found: Estimate;
  /** How far the estimate lies beyond the bound; negative on the right side. */
  distance: number;
  runs: number;
  /** How many of these wait for a person, so that nothing is decided. */
  waiting_runs: number;
}

/** What a study has found so far. */
export interface StudyReport {
  runs: number;
  requested_runs: number;
  /** Whether it has not finished (yet). */
  partial: boolean;
  seeds: { first: number; last: number | null; next: number | null };
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
