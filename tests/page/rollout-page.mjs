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
  await page.locator('canary-rollout').first().evaluate(
    (element, [text, number]) => {
      element.setAttribute('seed', number);
      element.config = text;
    },
    [JSON.stringify(config, null, 2), String(seed)],
  );
}

/** Was it right, and how often is it so? */
export const surprise = (page) => page.getByRole('heading', { level: 2 });
/** What was decided, when and where. */
export const headline = (page) => page.locator('.verdict-now').getByRole('heading', { level: 3 });
export const outcome = (page) => page.locator('.verdict-now .tag');
export const present = (page) => page.locator('.state-machine svg').getAttribute('data-present');
export const where = (page) => page.locator('.where').innerText();
export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const playhead = (page) => page.getByRole('slider', { name: 'Playhead' });
export const message = (page) => page.locator('.tell .message');
/** A field of the forms, by the path it is bound to. */
export const field = (page, path) => page.locator(`[data-path="${path}"]`);
/** The complaint under a field. */
export const fault = (page, path) => page.locator('.field', { has: field(page, path) }).locator('.fault');

/** The configuration as the page's JSON has it. */
export const json = async (page) =>
  JSON.parse(await page.getByRole('textbox', { name: 'Configuration as JSON' }).inputValue());

/** The study as it is shown when so many runs are done. */
export async function studied(page, runs = 2000) {
  await page.locator(`.effects[data-runs="${runs}"][data-partial="false"]`).waitFor();
}
/** The probability in large type: `false_rollback` or `missed_regression`. */
export const figure = async (page, name) =>
  Number(await page.locator(`[data-figure="${name}"]`).getAttribute('data-estimate'));
/** The squares of a wall: `Healthy releases` or `Bad releases`. */
export const squares = (page, name) => page.getByRole('group', { name }).locator('.square');
