// A lesson’s rollout drawn to its end, as its still picture shows it.

/** The page that stills are drawn from: on every machine the same. */
export const STILL = {
  viewport: { width: 760, height: 1000 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
};

/** The figure of failed requests, with the lesson’s rollout at its end. */
export async function drawnToItsEnd(page, name) {
  await page.locator('canary-rollout').evaluate((element, lesson) => {
    element.lesson = lesson;
    // Elsewhere nothing is veiled.
    element.place = 'watch';
  }, name);
  return page.locator('figure[data-chart=errors]');
}
