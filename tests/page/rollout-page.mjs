// What the tests of the page say in one word: a rollout of theirs on the page,
// and the places where it shows.

/** A release three times as bad, judged every minute: rolled back, whatever the seed. */
export const BAD = {
  name: 'a bad one',
  canary: { error_ratio: 20 },
  stages: [
    { traffic_pct: 1, duration_ticks: 5 },
    { traffic_pct: 10, duration_ticks: 5 },
  ],
  rules: [{ rule: 'error_rate_delta', max: 0.05, look: 'every_tick' }],
};

/** A healthy release that nothing judges: it completes after eight minutes. */
export const CALM = {
  name: 'a calm one',
  stages: [
    { traffic_pct: 5, duration_ticks: 4 },
    { traffic_pct: 50, duration_ticks: 4 },
  ],
};

/**
 * The page's own element with a configuration and a seed. It stands first: a closed
 * dialog may have its preview, an element too, for a moment longer.
 */
export async function show(page, config, seed = 7) {
  await page
    .locator('canary-rollout')
    .first()
    .evaluate(
      (element, [text, number]) => {
        element.setAttribute('seed', number);
        element.config = text;
      },
      [JSON.stringify(config, null, 2), String(seed)],
    );
}

const group = (page, name) => page.getByRole('group', { name, exact: true });

export const button = (page, name) => page.getByRole('button', { name, exact: true });

// What was decided.

/** Was it right, and how often is it so? */
export const surprise = (page) => page.getByRole('heading', { level: 2 });
export const verdict = (page) => page.locator('.verdict-now');
/** What was decided, when and where. */
export const headline = (page) => verdict(page).getByRole('heading', { level: 3 });
/** Of which rollout that is, and who decided. */
export const kicker = (page) => verdict(page).locator('.kicker');
export const reason = (page) => verdict(page).locator('.reason');
/** Whether it was right; `data-outcome` is the engine's word for it. */
export const outcome = (page) => verdict(page).locator('.tag');
export const log = (page) => page.locator('.log');
export const decisionItems = (page) => page.locator('.decision');

// The rollout over time, and what one does to it.

/** All that shows the rollout over time. */
export const overTime = (page) => page.locator('.stack');
/** The diagram of the states; `data-present` is the state the rollout is in. */
export const states = (page) => page.locator('.state-machine svg');
/** Where the playhead stands: “minute 2 of 8”. */
export const where = (page) => page.locator('.where');
export const playhead = (page) => page.getByRole('slider', { name: 'Playhead' });
/** The buttons that move the playhead. */
export const transport = (page) => group(page, 'Playhead');
/**
 * Waits until a rollout, started by `start`, has played to its end. Returns the text of the
 * page as it began to play, noted in the page: on a busy machine it is over before a test looks.
 */
export async function playThrough(page, start) {
  const playing = page.locator('canary-rollout').evaluate(
    ({ shadowRoot }) =>
      new Promise((resolve) => {
        new MutationObserver(() => {
          if (shadowRoot.querySelector('[aria-label=Stop]')) resolve(shadowRoot.textContent);
        }).observe(shadowRoot, { subtree: true, childList: true, attributes: true });
      }),
  );
  await start();
  const text = await playing;
  await button(page, 'Play again').waitFor();
  return text;
}
/** What a command did, or why it was refused. */
export const message = (page) => page.locator('.commands').getByRole('status');
/** Why the playhead was not moved, or what holds where it stands. */
export const moveMessage = (page) => transport(page).getByRole('status');
/** How far a long rollout is simulated. */
export const simulation = (page) => page.locator('.simulation');
export const seedFault = (page) => page.locator('#seed-fault');
/** A row of the ladder for each stage. */
export const stageRows = (page) => page.locator('.rung');
/** How much of each stage has passed. */
export const stageClocks = (page) => page.locator('.rung-clock');
export const stageNames = (page) => page.locator('.rung-name');
/** The card with the playhead and the charts. */
export const timeCard = (page) => page.locator('.card.time');
export const charts = (page) => page.locator('.timeline figure');
export const chartDrawings = (page) => page.locator('figure svg[role=img]');
/** The marker of a decision on the axis of time. */
export const marker = (page, tick) => page.locator(`.marker[data-tick="${tick}"]`);
/** A figure: `traffic`, `errors`, `latency` or `evidence`. */
export const chartOf = (page, name) => page.locator(`figure[data-chart=${name}]`);
/** What is not named at the line itself. */
export const chartKey = (page, name) => chartOf(page, name).locator('.key');
/** The names of the lines with their figures, at the playhead. */
export const chartLabels = (page, name) => chartOf(page, name).locator('.labels');
/** The shares of the stages over the charts, and what was planned and not reached. */
export const stageLabels = (page) => page.locator('.stage-labels span');
export const chartTitle = (page, name) => chartOf(page, name).locator('.figure-title');
/** The sentence over a figure. */
export const chartWords = (page, name) => chartOf(page, name).locator('.figure-words');
/** The limit on errors, which is dragged. */
export const limitGrip = (page) => page.locator('.limit-grip');
/** The figure of the requests of a tick. */
export const flow = (page) => page.locator('.flow');

// The configuration.

/** A sentence of the scenario: of the `Release`, the `Traffic` or the `Policy`. */
export const scenario = (page, about) => page.locator(`[data-about="${about.toLowerCase()}"]`);
/** The editor beside the charts. */
export const editor = (page) => page.locator('.editor');
/** Opens the editor of a sentence, if it is not open. */
export async function openEditor(page, about) {
  const title = scenario(page, about).getByRole('button', { name: about, exact: true });
  if ((await title.getAttribute('aria-expanded')) !== 'true') await title.click();
}
/** Opens the editor of the configuration as text. */
export async function openText(page) {
  if (await jsonBox(page).isVisible()) return;
  await openEditor(page, 'Policy');
  await button(page, 'As text').click();
}
export const closeEditor = (page) => button(page, 'Close the editor').click();
/** A field in the editor that has it, opened for it. */
export async function fieldAt(page, path) {
  const about = /^(name|canary)/.test(path)
    ? 'Release'
    : /^(stages|rules|on_|rollback|error_|latency_|pods|pass_)/.test(path)
      ? 'Policy'
      : 'Traffic';
  await openEditor(page, about);
  if (/^stages.*\.(error|latency|name)/.test(path)) {
    await editor(page)
      .locator('details')
      .evaluate((details) => {
        details.open = true;
      });
  }
  return field(page, path);
}
/** Types into a field, in the editor that has it. */
export const enter = async (page, path, text) => (await fieldAt(page, path)).fill(text);
/** Chooses a word in a field, in the editor that has it. */
export const choose = async (page, path, word) => (await fieldAt(page, path)).selectOption(word);
/** A field of the forms, by the path it is bound to. */
export const field = (page, path) => page.locator(`[data-path="${path}"]`);
/** The complaint under a field. */
export const fault = (page, path) => page.locator('.field', { has: field(page, path) }).locator('.fault');
/** The form of the first rule. */
export const ruleRow = (page) => page.locator('.rule-row');
/** The releases that a click puts into the configuration. */
export const releases = (page) => group(page, 'A release to try');
/** What is to be known of the release with this plan. */
export const releaseNotes = (page) => editor(page).locator('.warning-list');
export const jsonBox = (page) => page.getByRole('textbox', { name: 'Configuration as JSON' });
/** The configuration as it stands in the forms. */
export const json = (page) =>
  page
    .locator('canary-rollout')
    .first()
    .evaluate(({ config }) => config);
/** What is wrong with the text of the configuration. */
export const problemList = (page) => page.locator('.problem-list');
export const problemItems = (page) => problemList(page).getByRole('listitem');
/** The list with what is said beside it. */
export const problemBox = (page) => page.locator('.problems');
/** Where in the text a problem is. */
export const problemPlaces = (page) => problemBox(page).locator('.problem-place');
/** The problems without their places. */
export const problemTexts = (page) => problemList(page).locator('.problem-text');
/** That the configuration is not valid, said in every view. */
export const notice = (page) => page.locator('.notice');
export const linkFaults = (page) => page.locator('[part=link-faults]');
export const filePicker = (page) => editor(page).locator('input[type=file]');
/** What came of opening or saving a file. */
export const fileMessage = (page) => editor(page).locator('.message');
export const fileError = (page) => editor(page).locator('.message.error');

// Many rollouts.

/** The page in its place Measure, with the rollout that it opens with. */
export const MEASURE = 'index.html#v=1&preset=opening&seed=192&place=measure';
/** Goes to a place of the page: `Watch`, `Measure`, `Find`, `Yours` or `Learn`. */
export const goTo = (page, place) => page.getByRole('tab', { name: place }).click();
export const study = (page) => group(page, 'The policy over many rollouts');
/** The walls with their figures, of the place that is shown; `data-runs` of them are done. */
export const effects = (page) => page.locator('.effects:visible');
/** The study as it is shown when so many runs are done. */
export async function studied(page, runs = 2000) {
  await page.locator(`.effects[data-runs="${runs}"][data-partial="false"]:visible`).waitFor();
}
/** A figure with its words: `false_rollback` or `missed_regression`, and in Measure what they cost. */
export const figureOf = (page, name) => page.locator(`[data-figure="${name}"]:visible`);
export const figure = async (page, name) => Number(await figureOf(page, name).getAttribute('data-estimate'));
/** The squares of a wall: `Healthy releases` or `Bad releases`. */
export const squares = (page, name) => group(page, name).locator('.square');
/** What the squares of a wall are. */
export const wallKeys = (page) => page.locator('.wall-key:visible');
/** How many alarms are false, of a share of bad releases. */
export const falseAlarmSentence = (page) => page.locator('.false-alarms');
/** Begins the long study. */
export const simulateMany = (page) => button(effects(page), 'Simulate 100,000 rollouts');
/** How the long study ended, or why there is none. */
export const studyMessage = (page) => effects(page).getByRole('status');
/** This policy beside another. */
export const comparison = (page) => page.locator('.comparison');
export const allFigures = (page) => comparison(page).getByText('All figures of both');
export const curve = (page) => page.locator('.curve');
export const curveRows = (page) => curve(page).locator('tbody tr');
export const curveLabels = (page) => curve(page).locator('svg .label');
/** Where the policy missed the bad release, along traffic. */
export const missedMarks = (page) => curve(page).locator('.policy-1.missed rect');
export const strategies = (page) => group(page, 'Strategies on one release');
export const strategyTable = (page) => page.locator('.strategy-table');

// The search.

/** What is searched. */
export const question = (page) => group(page, 'What is searched');
/** A number of the bounds: `falsely`, `missed`, `ratio`, `waits` or `worst`. */
export const bound = (page, name) => question(page).locator(`[data-bound=${name}]`);
/** A field that may change, by its path: the checkbox, and its values. */
export const varied = (page, path) => question(page).locator(`[data-vary="${path}"]`);
/** The policies that were tried, and what became of them. */
export const cloud = (page) => group(page, 'The policies of the search');
export const cloudVerdict = (page) => cloud(page).locator('.cloud-verdict');
/** The policy that is looked at, in a sentence with its figures. */
export const found = (page) => group(page, 'The policy that is looked at');
/** Begins a search, and waits until it is finished. */
export async function searched(page) {
  await button(question(page), 'Search').click();
  await question(page)
    .getByRole('status')
    .getByText(/rollouts finished/)
    .waitFor();
}

// The files of a controller.

/** A file beside what was understood of it. */
export const sourceFile = (page, name) => group(page, `${name}, as understood`);
/** A line of a file, with what was understood of it. */
export const sourceLine = (page, name, text) => sourceFile(page, name).locator('tr', { hasText: text });
/** What was understood of all files, and what can be done with it. */
export const understood = (page) => group(page, 'What was understood');
/** Why files could not be read. */
export const unreadable = (page) => group(page, 'Why nothing was understood');
/** What a metric of the files measures. */
export const binding = (page, metric) => page.locator(`.binding select[data-metric="${metric}"]`);
export const toKnow = (page) => group(page, 'To know');
/** The policy on the page as a file. */
export const copyAs = (page) => group(page, 'The policy as a file');

// The course.

/** The path through the course. */
export const path = (page) => page.getByRole('navigation', { name: 'The course' });
/** What opens an item of the path, by its name. */
export const lessonButton = (page, name) => page.locator(`[data-lesson="${name}"]`);
/** The items of the path, in their order. */
export const lessonButtons = (page) => path(page).getByRole('listitem').getByRole('button');

export const lessonCard = (page) => group(page, 'Lesson');
export const lessonTitle = (page) => lessonCard(page).getByRole('heading', { level: 2 });
export const lessonFaults = (page) => lessonCard(page).locator('.faults');
/** Where a number is predicted, or answered. */
export const lessonNumber = (page) => lessonCard(page).getByRole('spinbutton');
/** Where a number of squares is drawn. */
export const lessonSquares = (page) => page.locator('.guess[role=slider]');
/** The points of a line that is drawn. */
export const lessonPoints = (page) => group(page, 'Your line').getByRole('slider');
/** Answers a prediction anyhow, whatever it asks for. */
export async function answerAnyhow(page) {
  if (await lessonNumber(page).count()) await lessonNumber(page).fill('25');
  else if (await lessonSquares(page).count()) await lessonSquares(page).press('PageUp');
  else if (await lessonPoints(page).count()) await lessonPoints(page).first().press('PageUp');
  else await lessonCard(page).getByRole('radio').first().check();
}
/** How far a drawn guess was off. */
export const lessonGap = (page) => lessonCard(page).locator('.gap');
/** The states to be connected. */
export const lessonDiagram = (page) => page.locator('.diagram');
/** Where each item of a question is put. */
export const lessonEnds = (page) => page.locator('.match').getByRole('combobox');
/** The lines to be put in order. */
export const lessonLines = (page) => page.locator('.order').getByRole('listitem');
/** Why an item was wrong. */
export const lessonReasons = (page) => lessonCard(page).locator('.why');
/** An answer in one's own words. */
export const lessonWords = (page) => page.locator('.reflection').getByRole('textbox');
export const lessonGoals = (page) => lessonCard(page).locator('.goals li');
/** What is said to an answer. */
export const lessonAnswer = (page) => lessonCard(page).locator('.says');
/** What is said when a lesson is done. */
export const lessonDone = (page) => page.locator('.lesson-done');
/** What is said to a prediction, and to the question after a lesson. */
export const lessonReveal = (page) => lessonCard(page).locator('.reveal');
