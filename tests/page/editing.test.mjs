// Editing beside the forms: the plan dragged, releases tried, steps undone, files, figures saved.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { preset, reportOf, validate } from './engine.mjs';
import { expect, slow, test } from './fixtures.ts';
import {
  button,
  CALM,
  effects,
  enter,
  field,
  fileError,
  fileMessage,
  filePicker,
  goTo,
  json,
  jsonBox,
  limitGrip,
  openEditor,
  openText,
  outcome,
  playhead,
  problemPlaces,
  releaseNotes,
  releases,
  show,
  squares,
  states,
  studied,
  verdict,
  where,
} from './rollout-page.mjs';

/** A test that begins with CALM on the page and its plan open. */
const onPlan = (name, act, context) =>
  test(name, async ({ open }) => {
    const page = await open({ context });
    await show(page, CALM);
    await openEditor(page, 'Policy');
    await act(page);
  });

const handle = (page, stage, side) => page.getByRole('slider', { name: `Stage ${stage}: ${side}` });
const shareOf = (page, stage) => handle(page, stage, 'share of traffic');
const lengthOf = (page, stage) => handle(page, stage, 'length');
const plan = async (page) =>
  (await json(page)).stages.map(({ traffic_pct, duration_ticks }) => [traffic_pct, duration_ticks]);
const element = (page) => page.locator('canary-rollout');
const seed = (page) => element(page).evaluate(({ seed: number }) => number);

/** Presses the mouse in the middle of something; returns where. */
async function grab(page, locator) {
  await locator.scrollIntoViewIfNeeded();
  const box = await locator.boundingBox();
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  return at;
}

onPlan('a stage’s top is dragged to another share, everything follows', async (page) => {
  // Beside its editor, Measure has the walls.
  await goTo(page, 'Measure');
  const { x, y } = await grab(page, shareOf(page, 1));
  await page.mouse.move(x, y - 30, { steps: 5 });
  await page.waitForFunction(() => document.querySelector('canary-rollout').config.stages[0].traffic_pct > 5);
  await expect(effects(page)).toHaveAttribute('data-runs', '100');
  await page.mouse.up();
  const [[pct]] = await plan(page);
  assert.ok(pct > 15 && pct < 30 && Number.isInteger(pct), String(pct));
  await expect(field(page, 'stages[0].traffic_pct')).toHaveValue(String(pct));
  await expect(shareOf(page, 1)).toHaveAttribute('aria-valuetext', `${pct}\u00a0%`);
  await studied(page);
});

onPlan('a stage’s end is dragged to another length', async (page) => {
  const { x, y } = await grab(page, lengthOf(page, 1));
  await page.mouse.move(x + 100, y, { steps: 5 });
  await page.mouse.up();
  const [[, ticks], second] = await plan(page);
  assert.ok(ticks > 4, String(ticks));
  assert.deepEqual(second, [50, 4]);
  await expect(where(page)).toHaveText(`minute ${ticks + 4} of ${ticks + 4}`);
});

onPlan('no drag makes the plan invalid', async (page) => {
  const problems = () => element(page).evaluate(({ config }) => config);
  for (const locator of [shareOf(page, 1), shareOf(page, 2), lengthOf(page, 1), lengthOf(page, 2)]) {
    const { x, y } = await grab(page, locator);
    for (let step = -6; step <= 6; step += 1) {
      await page.mouse.move(x + 60 * step, y - 25 * step);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      assert.deepEqual(validate(await problems()).problems, [], `at ${step}`);
    }
    await page.mouse.up();
  }
});

/** Keys on a handle of CALM, 5 % for 4 ticks then 50 % for 4, and the plan they make. */
const KEYS = [
  [
    shareOf,
    1,
    ['ArrowUp'],
    [
      [6, 4],
      [50, 4],
    ],
  ],
  [
    shareOf,
    1,
    ['ArrowDown'],
    [
      [4.5, 4],
      [50, 4],
    ],
  ],
  [
    shareOf,
    1,
    ['PageUp'],
    [
      [15, 4],
      [50, 4],
    ],
  ],
  [
    shareOf,
    1,
    ['Home'],
    [
      [0.1, 4],
      [50, 4],
    ],
  ],
  [
    shareOf,
    1,
    ['End'],
    [
      [49, 4],
      [50, 4],
    ],
  ],
  [
    shareOf,
    2,
    ['PageDown', 'ArrowLeft'],
    [
      [5, 4],
      [39, 4],
    ],
  ],
  [
    shareOf,
    2,
    ['Home'],
    [
      [5, 4],
      [6, 4],
    ],
  ],
  [
    shareOf,
    2,
    ['End'],
    [
      [5, 4],
      [100, 4],
    ],
  ],
  [
    lengthOf,
    1,
    ['ArrowRight', 'ArrowRight'],
    [
      [5, 6],
      [50, 4],
    ],
  ],
  [
    lengthOf,
    2,
    ['PageUp'],
    [
      [5, 4],
      [50, 14],
    ],
  ],
  [
    lengthOf,
    2,
    ['Home'],
    [
      [5, 4],
      [50, 1],
    ],
  ],
  [shareOf, 1, ['Delete'], [[50, 4]]],
  [lengthOf, 2, ['Backspace', 'Delete'], [[5, 4]]],
];

for (const [side, stage, keys, planned] of KEYS) {
  const what = side === shareOf ? 'share' : 'length';
  onPlan(`${keys.join(', ')} on stage ${stage}’s ${what}`, async (page) => {
    await side(page, stage).focus();
    for (const key of keys) await page.keyboard.press(key);
    assert.deepEqual(await plan(page), planned);
    const role = await element(page).evaluate(({ shadowRoot }) => shadowRoot.activeElement?.role);
    assert.equal(role, 'slider', 'the focus stays in the plan');
    await page.keyboard.press('Control+z');
    if (keys.length === 1)
      assert.deepEqual(
        await plan(page),
        [
          [5, 4],
          [50, 4],
        ],
        'undone',
      );
  });
}

onPlan('stages are added in between and at the end, and removed', async (page) => {
  await shareOf(page, 1).focus();
  await button(page, 'Add after stage 1').click();
  assert.deepEqual(await plan(page), [
    [5, 4],
    [28, 4],
    [50, 4],
  ]);
  await shareOf(page, 3).focus();
  await button(page, 'Add after stage 3').click();
  assert.deepEqual(await plan(page), [
    [5, 4],
    [28, 4],
    [50, 4],
    [75, 4],
  ]);
  await button(page, 'Remove stage 4').click();
  await shareOf(page, 2).focus();
  await button(page, 'Remove stage 2').click();
  assert.deepEqual(await plan(page), [
    [5, 4],
    [50, 4],
  ]);
  await shareOf(page, 2).press('End');
  await expect(button(page, 'Add after stage 2')).toBeDisabled();
});

onPlan(
  'a finger drags, and finds targets of 44 px that do not overlap',
  async (page) => {
    const boxes = [];
    for (const locator of [shareOf(page, 1), lengthOf(page, 1), shareOf(page, 2), lengthOf(page, 2)]) {
      const box = await locator.boundingBox();
      assert.ok(box.height >= 44 && box.width >= 44, JSON.stringify(box));
      boxes.push(box);
    }
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart =
          a.x + a.width <= b.x + 1 ||
          b.x + b.width <= a.x + 1 ||
          a.y + a.height <= b.y + 1 ||
          b.y + b.height <= a.y + 1;
        assert.ok(apart, JSON.stringify([a, b]));
      }
    }
    const touch = await page.context().newCDPSession(page);
    await shareOf(page, 2).scrollIntoViewIfNeeded();
    const { x, y, width, height } = await shareOf(page, 2).boundingBox();
    const send = (type, dy) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x: x + width / 2, y: y + height / 2 + dy }],
      });
    await send('touchStart', 0);
    for (const dy of [10, 20, 30]) await send('touchMove', dy);
    await send('touchEnd');
    await page.waitForFunction(() => document.querySelector('canary-rollout').config.stages[1].traffic_pct < 35);
  },
  { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
);

/** What the buttons are called, and the presets whose releases they bring. */
const RELEASES = {
  'Twice the errors': 'twice-the-errors',
  'Slow leak': 'slow-leak',
  'Latency spike': 'latency-spike',
  'Cold start': 'cold-start',
  'Incident on both versions': 'incident',
  Healthy: 'healthy',
};

test('each release is put into the configuration, and nothing else of it changes', async ({ open }) => {
  const page = await open();
  const { canary: _, incidents: __, ...before } = await json(page);
  await openEditor(page, 'Release');
  const pressed = releases(page).getByRole('button', { pressed: true });
  await expect(pressed).toHaveText(['Healthy']);
  for (const [label, name] of Object.entries(RELEASES)) {
    const release = releases(page).getByRole('button', { name: label });
    await release.click();
    const { canary, incidents, ...rest } = await json(page);
    const wanted = JSON.parse(preset(name));
    assert.deepEqual([canary, incidents], [wanted.canary, wanted.incidents], name);
    assert.deepEqual(rest, before);
    await expect(pressed).toHaveText([label]);
    await expect(release, 'it keeps the focus').toBeFocused();
  }
  await enter(page, 'canary.error_ratio', '1.3');
  await expect(pressed).toHaveCount(0);
});

test('a release that turns bad after the plan’s end is remarked on; incidents of one’s own stay', async ({ open }) => {
  const page = await open();
  await show(page, { ...CALM, incidents: { at_tick: 2, error_ratio: 3, duration_ticks: 1 } });
  await openEditor(page, 'Release');
  await button(page, 'Latency spike').click();
  const { warnings } = validate(await json(page));
  const { message } = warnings.find(({ path }) => path === 'canary.latency_arrival');
  await expect(releaseNotes(page)).toHaveText(new RegExp(message.slice(0, 30)));
  assert.equal((await json(page)).incidents.error_ratio, 3);
});

/** Ways to change something, each one step. */
const STEPS = {
  'a field typed letter by letter': async (page) => {
    await enter(page, 'canary.error_ratio', '');
    await field(page, 'canary.error_ratio').pressSequentially('12.5');
    await field(page, 'canary.error_ratio').blur();
  },
  'JSON applied': async (page) => {
    await openText(page);
    await jsonBox(page).fill('{"stages": [');
    await button(page, 'Apply').click();
  },
  'a limit dragged': async (page) => {
    const { x, y } = await grab(page, limitGrip(page));
    await page.mouse.move(x, y - 40, { steps: 6 });
    await page.mouse.up();
  },
  'a preset': (page) => page.getByRole('combobox', { name: 'Preset' }).selectOption('reference'),
  'a policy': (page) => button(page, 'Look once a stage').click(),
  'a release': async (page) => {
    await openEditor(page, 'Release');
    await button(page, 'Cold start').click();
  },
  'a rollout of the wall': async (page) => {
    await studied(page);
    await squares(page, 'Healthy releases').nth(70).click();
  },
  'a seed': (page) => button(page, 'New seed').click(),
  'a command': (page) => button(page, 'Pause').click(),
};

/** All that a step can change, as text. */
const state = (page) =>
  element(page).evaluate(({ shadowRoot, config, seed: number }) => {
    const text = (selector) => shadowRoot.querySelector(selector)?.textContent.trim() ?? '';
    return JSON.stringify([config, number, ...['.problems', '.verdict-now', '.decisions'].map(text)]);
  });

for (const [name, act] of Object.entries(STEPS)) {
  test(`${name} is undone and done again in one step`, slow, async ({ open }) => {
    const page = await open();
    await button(page, 'To the start').click();
    await button(page, 'Step').click();
    const before = await state(page);
    await expect(button(page, 'Undo')).toHaveAttribute('aria-disabled', 'true');
    await act(page);
    const after = await state(page);
    assert.notEqual(after, before);
    await button(page, 'Undo').click();
    assert.equal(await state(page), before);
    await expect(button(page, 'Undo')).toHaveAttribute('aria-disabled', 'true');
    await button(page, 'Redo').click();
    assert.equal(await state(page), after);
    await page.keyboard.press('Control+z');
    assert.equal(await state(page), before);
    await page.keyboard.press('Control+Shift+z');
    assert.equal(await state(page), after);
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+y');
    assert.equal(await state(page), after);
  });
}

test('a reset is undone: commands and playhead are back', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await playhead(page).fill('3');
  await button(page, 'Pause').click();
  await button(page, 'Reset').click();
  await expect(states(page)).toHaveAttribute('data-present', 'PROGRESSING');
  await button(page, 'Undo').click();
  await expect(states(page)).toHaveAttribute('data-present', 'PAUSED');
  await expect(where(page)).toHaveText('minute 3');
});

test('moving the playhead is no step, and in a text field Ctrl+Z is the field’s own', async ({ open }) => {
  const page = await open();
  await button(page, 'To the start').click();
  await button(page, 'Step').click();
  await expect(button(page, 'Undo')).toHaveAttribute('aria-disabled', 'true');
  await openEditor(page, 'Release');
  await button(page, 'Cold start').click();
  const before = await json(page);
  await field(page, 'name').focus();
  await page.keyboard.press('Control+z');
  assert.deepEqual(await json(page), before);
});

const fileOf = (name, content) => ({ name, mimeType: 'application/json', buffer: Buffer.from(content) });

test('a configuration is saved as it was edited, and opened again gives the same rollout', async ({ open }) => {
  const page = await open();
  await show(page, { ...CALM, name: 'a/b <i>: “ü”' }, 11);
  await enter(page, 'canary.error_ratio', '3');
  await openText(page);
  const edited = await jsonBox(page).inputValue();
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Save').click()]);
  assert.equal(download.suggestedFilename(), 'a-b-i-ü.json');
  const saved = await readFile(await download.path(), 'utf8');
  assert.equal(saved, edited);
  const said = await verdict(page).innerText();
  await page.getByRole('combobox', { name: 'Preset' }).selectOption('default');
  await filePicker(page).setInputFiles(fileOf('mine.json', saved));
  await fileMessage(page).filter({ hasText: 'Opened mine.json.' }).waitFor();
  await expect(jsonBox(page)).toHaveValue(edited);
  await expect(verdict(page)).toHaveText(said, { useInnerText: true });
  assert.equal(await seed(page), 11);
});

/** Files that are no configuration, and what is said of them. */
const WRONG_FILES = [
  ['picture.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /byte 1\b.*no UTF-8/],
  ['big.json', Buffer.alloc(5e6, ' '), /5\.0 MB/],
  ['empty.json', '', /is empty/],
  ['wide.json', Buffer.from('\ufeff{"stages": []}', 'utf16le'), /UTF-16/],
  ['late.json', Buffer.concat([Buffer.from('{"ü": "'), Buffer.from([0xff])]), /byte 9\b/],
];

test('a file that is no text is told of, and nothing changes', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await openText(page);
  const before = await state(page);
  for (const [name, content, words] of WRONG_FILES) {
    await filePicker(page).setInputFiles(fileOf(name, content));
    await fileError(page).filter({ hasText: name }).waitFor();
    await expect(fileMessage(page)).toHaveText(words);
    assert.equal(await state(page), before);
  }
});

test('a file of something else is told of at its place, and the last valid one is drawn', async ({ open }) => {
  const page = await open();
  await show(page, CALM);
  await openText(page);
  for (const [text, place] of [
    ['{"stages": [{"traffic_pct": 5}],\n  "version": 3}', 2],
    ['{\n\n  "stages": oops\n}', 3],
  ]) {
    await filePicker(page).setInputFiles(fileOf('other.json', text));
    await expect(problemPlaces(page).first()).toHaveText(new RegExp(`^Line ${place},`));
    await expect(states(page)).toHaveAttribute('data-present', 'COMPLETED');
  }
  await button(page, 'Undo').click();
  await button(page, 'Undo').click();
  assert.deepEqual(await json(page), CALM);
});

test('a file is dropped on the JSON', async ({ open }) => {
  const page = await open();
  await openText(page);
  await jsonBox(page).evaluate((box, text) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], 'dropped.json'));
    box.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, JSON.stringify(CALM));
  await fileMessage(page).filter({ hasText: 'Opened dropped.json.' }).waitFor();
  assert.deepEqual(await json(page), CALM);
});

test('in a frame that may not save, it says so and lets the text be copied', async ({ open }) => {
  const page = await open({
    html: '<!doctype html><title>A course</title><iframe sandbox="allow-scripts" src="index.html" width="900" height="700"></iframe>',
    expectedErrors: [/clipboard/i],
  });
  const frame = page.frameLocator('iframe');
  await openText(frame);
  await frame.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(fileMessage(frame)).toHaveText(/copy the text instead/);
  await frame.getByRole('button', { name: 'Copy', exact: true }).click();
  await fileMessage(frame)
    .filter({ hasText: /Copied|selected/ })
    .waitFor();
  await openEditor(frame, 'Release');
  await frame.getByRole('button', { name: 'Cold start' }).click();
  await frame.getByRole('button', { name: 'Undo' }).click();
});

for (const [name, prepare] of Object.entries({
  traffic: async () => {},
  errors: async () => {},
  latency: async () => {},
  evidence: (page) => button(page, 'Let the evidence decide').click(),
  curve: async (page) => {
    await goTo(page, 'Measure');
    await studied(page);
  },
})) {
  for (const colorScheme of ['light', 'dark']) {
    test(`the figure ${name} is saved as a picture that needs no page, ${colorScheme}`, slow, async ({ open }) => {
      const page = await open({ context: { colorScheme } });
      await prepare(page);
      const figure = page.locator(name === 'curve' ? '.curve' : `[data-chart="${name}"]`);
      await figure.locator('summary').click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        figure.getByRole('button', { name: 'Save as SVG' }).click(),
      ]);
      assert.equal(download.suggestedFilename(), `${name}.svg`);
      const text = await readFile(await download.path(), 'utf8');
      assert.doesNotMatch(text, /var\(|https?:(?!\/\/www\.w3\.org)|<script|class="(?!look-)/);
      const found = await page.evaluate(inspect, text);
      assert.equal(found.fault, null);
      assert.notEqual(found.title, '');
      assert.notEqual(found.desc, '');
      const keys = await figure.locator('.key-entry').allInnerTexts();
      for (const words of keys.flatMap((key) => key.split('\n'))) {
        assert.ok(found.texts.includes(words.trim()) || found.all.includes(words.trim()), words);
      }
      assert.equal(found.pasts, name === 'curve' ? 0 : 1, 'past and future');
      assert.ok(found.width > 300 && found.colours > 3, JSON.stringify(found));
    });
  }
}

/** Runs in the page: what an SVG file holds, and how it draws as a picture. */
async function inspect(text) {
  const file = new DOMParser().parseFromString(text, 'image/svg+xml');
  const texts = [...file.querySelectorAll('text')].map((one) => one.textContent.trim());
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const brush = canvas.getContext('2d');
  brush.drawImage(picture, 0, 0);
  const pixels = new Uint32Array(brush.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return {
    fault: file.querySelector('parsererror')?.textContent ?? null,
    title: file.querySelector('title')?.textContent ?? '',
    desc: file.querySelector('desc')?.textContent ?? '',
    texts,
    all: texts.join(' '),
    pasts: file.querySelectorAll('svg svg svg').length,
    width: picture.width,
    colours: new Set(pixels).size,
  };
}

test('the rollout drawn after an edit of the plan is the engine’s', async ({ open }) => {
  const page = await open();
  await openEditor(page, 'Policy');
  await lengthOf(page, 1).press('Home');
  const report = reportOf(await json(page), await seed(page));
  await expect(states(page)).toHaveAttribute('data-present', report.final_state);
  await expect(outcome(page)).toHaveAttribute('data-outcome', report.outcome);
});
