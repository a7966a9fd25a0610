// The public interface of `<canary-rollout>`, in one table. The build generates the
// package's types and its custom-elements manifest from it, and a test compares it
// with the element.

/** The types of these names come from the engine. */
export const ENGINE_TYPES = ['Config', 'Decision', 'Report', 'State'];

/** @type {{ name: string, type: string, default?: string, description: string }[]} */
export const attributes = [
  {
    name: 'preset',
    type: 'string',
    default: 'the first',
    description: 'The name of a preset, the configuration to start from.',
  },
  { name: 'config', type: 'string', description: 'A configuration as JSON text; it outranks `preset`.' },
  { name: 'seed', type: 'string', default: 'drawn anew', description: 'A whole number from 0 to 2⁵³ − 1.' },
  {
    name: 'view',
    type: "'rollout' | 'flow' | 'errors' | 'study' | 'ladder' | 'slide'",
    description: 'The one part to show; without it, the whole page.',
  },
  {
    name: 'place',
    type: "'watch' | 'measure' | 'find' | 'yours' | 'learn'",
    default: 'watch',
    description: 'The place of the whole page that is open at first.',
  },
  { name: 'heading-level', type: 'number', default: '2', description: 'The level of the topmost heading, 1 to 6.' },
  {
    name: 'theme',
    type: "'light' | 'dark'",
    default: "the page's",
    description: 'The colours; without it, those of the `color-scheme` around the element.',
  },
  { name: 'embed', type: 'boolean', default: 'false', description: 'Leaves out the title bar and the colophon.' },
  {
    name: 'lesson',
    type: 'string',
    description:
      'A lesson to play: its name, or its JSON text. It may also be a child: `<script type="application/json" slot="lesson">`.',
  },
  {
    name: 'lesson-src',
    type: 'string',
    description: 'The address of a lesson’s JSON, where the page cannot hold it as an attribute or a child.',
  },
  { name: 'hero', type: 'boolean', default: 'false', description: 'Opens in large type, as the standalone page does.' },
];

/**
 * `takes` is the type that a property may be set to, if that is wider than its own
 * type.
 * @type {{ name: string, type: string, takes?: string, readonly?: boolean, description: string }[]}
 */
export const properties = [
  {
    name: 'config',
    type: 'Config',
    takes: 'Config | string',
    description: 'The configuration as it stands in the forms. Set: an object or JSON text.',
  },
  {
    name: 'seed',
    type: 'number | null',
    takes: 'number | string | null',
    description: 'The seed of the rollout shown; `null` before there is one. Set to `null`: a random one.',
  },
  {
    name: 'tick',
    type: 'number | null',
    description: 'Where the playhead stands, in ticks; `null` before there is a rollout. Set: clipped to the rollout.',
  },
  { name: 'view', type: 'View | null', description: 'The part that is shown alone; `null` for the whole page.' },
  {
    name: 'place',
    type: 'Place | null',
    description: 'The place that is open; `null` before there is a rollout.',
  },
  {
    name: 'link',
    type: 'string',
    description:
      'All that is set and chosen, as a text for the hash of a URL; empty before there is a rollout. Set: takes another’s.',
  },
  {
    name: 'lesson',
    type: 'string | null',
    takes: 'object | string | null',
    description: 'The lesson that is open, its name or its JSON text; `null` for none. Set: an object, too.',
  },
  {
    name: 'lessonProblems',
    type: '{ path: string; message: string; line: number | null; column: number | null }[]',
    readonly: true,
    description: 'What is wrong with the lesson, each with its place; then it is not played.',
  },
  {
    name: 'linkFaults',
    type: 'string[]',
    readonly: true,
    description: 'What could not be used of the link that was set last.',
  },
  {
    name: 'report',
    type: 'Report | null',
    readonly: true,
    description: 'The report at the playhead; `null` before there is a rollout.',
  },
  {
    name: 'state',
    type: 'State | null',
    readonly: true,
    description: 'The rollout’s state at the playhead; `null` before there is a rollout.',
  },
];

/** None returns a value; a call that the state does not allow throws the engine's `Error`. */
export const methods = [
  {
    name: 'play',
    description: 'Moves the playhead to the rollout’s end, a tick at a time; from the end, from the start.',
  },
  { name: 'freeze', description: 'Stops the playhead.' },
  { name: 'step', description: 'Moves the playhead one tick on.' },
  { name: 'advance', description: 'Moves the playhead to the stage’s verdict.' },
  { name: 'pause', description: 'Tells the rollout to pause.' },
  { name: 'resume', description: 'Tells the paused rollout to go on.' },
  { name: 'promote', description: 'Tells the rollout to go to the next stage at once.' },
  { name: 'abort', description: 'Tells the rollout to roll back.' },
  { name: 'reset', description: 'Back to the start, without commands.' },
];

/** All bubble. They report changes inside the element, not those that the host page makes. */
export const events = [
  {
    name: 'statechange',
    detail: '{ state: State; tick: number }',
    description: 'The state at the playhead has changed.',
  },
  {
    name: 'decision',
    detail: 'Decision',
    description: 'The playhead has passed a decision, or a command has made one.',
  },
  { name: 'viewchange', detail: '{ link: string }', description: 'What is set and chosen has changed.' },
  {
    name: 'studyprogress',
    detail: '{ done: number; runs: number }',
    description: 'The study has done so many of its runs.',
  },
  {
    name: 'prediction',
    detail: '{ lesson: string; answer: string | number; right: boolean }',
    description: 'A learner has committed a prediction.',
  },
  {
    name: 'lessoncomplete',
    detail: '{ lesson: string; tries: number }',
    description: 'A learner has done a lesson’s task.',
  },
];

export const slots = [{ name: 'title', description: "The page's title, at the start of the bar." }];

export const cssParts = [
  { name: 'bar', description: 'Title, places, preset and seed.' },
  { name: 'embed-button', description: 'Opens the dialog with the code for another page.' },
  { name: 'embed-dialog', description: 'That dialog.' },
  { name: 'scenario', description: 'The release, the traffic and the policy, a sentence each.' },
  { name: 'commands', description: 'The commands to the rollout, and their answer.' },
  { name: 'host-faults', description: 'What the host set and cannot be used.' },
  { name: 'replay', description: 'That recorded counts are replayed, and from when.' },
  { name: 'link-faults', description: 'What of a link could not be used.' },
  { name: 'lesson', description: 'The lesson that is played.' },
  { name: 'lessons', description: 'The path of the course.' },
  { name: 'opening', description: 'Was the decision right, how often is it so, and the policies to try.' },
  { name: 'verdict', description: 'What was decided, why, and whether it was right.' },
  { name: 'time', description: 'The charts over time and the playhead.' },
  { name: 'requests', description: 'The requests of a tick on their way to the two versions, and the blast radius.' },
  { name: 'decisions', description: 'The list of decisions.' },
  {
    name: 'figures',
    description: 'What the policy does: in Measure in large type and as two walls of rollouts, in Watch as one.',
  },
  { name: 'stages', description: 'The ladder of stages.' },
  { name: 'state', description: 'The state machine.' },
  { name: 'study', description: 'The curve, and this policy beside another.' },
  { name: 'strategies', description: 'Four strategies on the release.' },
  { name: 'edit', description: 'The editor that is open.' },
  { name: 'notice', description: 'That the configuration has problems.' },
  { name: 'simulation', description: 'That a long rollout is being simulated, and how far it is.' },
  { name: 'colophon', description: "The engine's version." },
];

export const cssProperties = [
  { name: '--font', description: 'The typeface.' },
  { name: '--mono', description: 'The typeface of JSON and code.' },
  { name: '--paper', description: 'The ground; `transparent` lets the host’s through.' },
  { name: '--card', description: 'The ground of a card.' },
  { name: '--band', description: 'The ground of every second stage.' },
  { name: '--plan', description: 'The ground of what was planned and not reached.' },
  { name: '--ink', description: 'Text and strong lines.' },
  { name: '--ink-2', description: 'Text beside.' },
  { name: '--ink-3', description: 'The quietest text, still 4.5:1 on paper and card.' },
  { name: '--line', description: 'Lines between things.' },
  { name: '--edge', description: 'The edges of controls, 3:1 on a card.' },
  { name: '--on', description: 'The ground of what is switched on.' },
  { name: '--on-text', description: 'The text on it.' },
  { name: '--square', description: 'A rollout on a wall that ended well.' },
  { name: '--baseline', description: 'The baseline’s lines.' },
  { name: '--baseline-soft', description: 'The baseline’s intervals.' },
  { name: '--canary', description: 'The canary’s lines and text, and nothing else.' },
  { name: '--canary-fill', description: 'The canary’s areas.' },
  { name: '--canary-soft', description: 'The canary’s intervals.' },
  { name: '--harm', description: 'Failure and harm, and nothing else.' },
  { name: '--radius', description: 'The corners of cards.' },
  { name: '--target', description: 'The least height of what is pressed; 44px where a finger points.' },
];
