/**
 * A lesson's text with its preview: the faults in their places, and what to paste.
 * It uses nothing but the element's public interface.
 */

(() => {
  /** How long the text must rest to be tried, in ms. */
  const REST_MS = 300;

  const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
  const preview = /** @type {HTMLElement & { lesson: string, lessonProblems: Problem[] }} */ (at('preview'));
  /** @typedef {{ path: string, message: string, line: number | null }} Problem */

  /** A task of each kind, to start from. @type {Record<string, object>} */
  const TASKS = {
    operate: {
      question: 'Go to the start and stop it sooner, by hand.',
      goals: [
        { figure: 'decided_by', is: 'person' },
        { figure: 'excess_errors', at_most: 100 },
      ],
    },
    configure: {
      question: 'Change the policy so that it spares a healthy release and still catches this one.',
      goals: [
        { figure: 'false_rollback', at_most: 5 },
        { figure: 'missed_regression', at_most: 5 },
      ],
    },
    refused: {
      question: 'Give a stage a smaller share than the one before it. What happens?',
      path: 'stages[].traffic_pct',
    },
    choose: {
      question: 'What would have caught it sooner?',
      options: [
        { text: 'A look every minute', right: true },
        { text: 'Longer stages', says: 'They make it later.' },
      ],
    },
    estimate: {
      question: 'Of 100 such releases, how many does this policy let through?',
      figure: 'missed_regression',
      tolerance: 10,
    },
    squares: {
      question: 'Of 100 such releases, how many does this policy let through?',
      figure: 'missed_regression',
      tolerance: 10,
    },
    curve: {
      question: 'Of 100 such releases, how many does it let through, with such a limit at first?',
      figure: 'missed_regression',
      tolerance: 10,
      error_ratio: 2,
      from: 50,
      most: 100,
      along: { path: 'error_rate_threshold', values: [0.005, 0.01, 0.02], words: 'limit' },
    },
    match: {
      question: 'Which state is it?',
      bins: ['PAUSED', 'ROLLED_BACK'],
      items: [
        { text: 'Requests go on, and no rule acts.', bin: 'PAUSED' },
        { text: 'Nothing leads out of it.', bin: 'ROLLED_BACK', says: 'It is a final state.' },
      ],
    },
    order: {
      question: 'What comes first?',
      lines: [
        { text: 'A small share', says: 'It costs little if the release is bad.' },
        { text: 'A look' },
        { text: 'A larger share' },
      ],
    },
    connect: {
      question: 'Where does each of these lead?',
      nodes: ['PROGRESSING', 'PAUSED', 'ROLLED_BACK'],
      edges: [
        { from: 'PROGRESSING', label: 'pause()', to: 'PAUSED' },
        { from: 'PAUSED', label: 'abort()', to: 'ROLLED_BACK' },
      ],
    },
    reflect: {
      question: 'When would you pause rather than abort?',
      answer: 'When I doubt the figures and the canary’s share is small: a pause keeps the share, so harm goes on.',
    },
  };

  const template = (/** @type {string} */ kind) => ({
    lesson: 1,
    title: 'Will it be caught?',
    text: 'This release fails twice as often as the old version.',
    start: { preset: 'twice-the-errors', seed: 3 },
    predict: {
      kind: 'choose',
      question: 'What does the policy do?',
      options: [
        { text: 'It rolls the release back', right: { figure: 'final_state', is: 'ROLLED_BACK' } },
        { text: 'It promotes it', right: { figure: 'final_state', is: 'COMPLETED' } },
      ],
    },
    reveal: 'It was {outcome}, after {ticks} and {excess_errors}.',
    task: { kind, ...TASKS[kind] },
    done: 'What the learner should remember.',
    transfer: {
      text: 'The same release, but the policy looks every minute, with a limit of half a point.',
      start: {
        preset: 'twice-the-errors',
        config: { rules: [{ rule: 'error_rate_delta', max: 0.005, look: 'every_tick', window: 'stage' }] },
        seed: 3,
      },
      predict: {
        kind: 'choose',
        question: 'What happens now?',
        options: [
          { text: 'It is rolled back', right: { figure: 'final_state', is: 'ROLLED_BACK' } },
          { text: 'It is promoted', right: { figure: 'final_state', is: 'COMPLETED' } },
        ],
      },
      reveal: 'It was {outcome}, after {ticks}.',
    },
  });

  /** Shows what the text is: a lesson, or what is wrong with it. */
  function tryText() {
    const text = at('text').value;
    preview.lesson = text;
    const problems = preview.lessonProblems ?? [];
    at('state').textContent = problems.length ? 'What is wrong with it:' : 'It is a lesson.';
    at('faults').replaceChildren(...problems.map(faultOf));
    // Markup within would end the script that it stands in.
    const inside = text.replaceAll('<', '\\u003c');
    at('code').value = problems.length
      ? ''
      : `<script src="canary-rollout.js" defer></script>\n<canary-rollout>\n<script type="application/json" slot="lesson">\n${inside}\n</script>\n</canary-rollout>`;
    at('link').href = `index.html#v=1&lesson=${encodeURIComponent(problems.length ? '' : compact(text))}`;
  }

  /** As JSON, with what holds nothing but texts and numbers in one line. @param {object} lesson */
  const laid = (lesson) =>
    JSON.stringify(lesson, null, 2).replace(
      /\{\n([^{}[\]]*)\n *\}/g,
      (_, inside) => `{ ${inside.trim().replace(/\n */g, ' ')} }`,
    );

  /** @param {string} text */
  const compact = (text) => JSON.stringify(JSON.parse(text));

  /** A fault that leads to its line. @param {Problem} problem */
  function faultOf({ path, message, line }) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = [line && `line ${line}`, path, message].filter(Boolean).join(': ');
    button.addEventListener('click', () => select(line ?? 1));
    const item = document.createElement('li');
    item.append(button);
    return item;
  }

  /** @param {number} line from 1 */
  function select(line) {
    const text = at('text');
    const lines = text.value.split('\n');
    const from = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(from, from + lines[line - 1].length);
  }

  /** Begins with the template of a kind of task, or puts such a task into the text. */
  function takeKind() {
    const kind = at('kind').value;
    let lesson = template(kind);
    try {
      lesson = { ...JSON.parse(at('text').value), task: lesson.task };
    } catch {
      // Nothing there that could be kept.
    }
    at('text').value = laid(lesson);
    tryText();
  }

  for (const kind of Object.keys(TASKS)) at('kind').append(new Option(kind));
  at('kind').addEventListener('change', takeKind);
  let due = 0;
  at('text').addEventListener('input', () => {
    clearTimeout(due);
    due = setTimeout(tryText, REST_MS);
  });
  takeKind();
})();
