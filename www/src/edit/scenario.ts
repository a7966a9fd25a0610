/**
 * The scenario in three sentences, over every place: what the release is, what traffic it
 * gets, and by what policy it is rolled out. What is underlined opens the editor beside the
 * charts at its field. Under them, that a configuration has problems.
 */

import { html, nothing, render } from 'lit/html.js';
import { counted, cut, MOST_OF_MESSAGE } from '../base/format.ts';
import { momentOf } from '../base/moment.ts';
import type { Problem } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { Recorded } from '../engine/recorded.ts';
import type { Change, Editor, Store, View } from '../store/store.ts';
import { editorOf, fieldOf, placeWords } from '../words/fields.ts';
import type { Piece } from '../words/sentences.ts';
import { policySentence, releaseSentence, trafficSentence } from '../words/sentences.ts';
import type { EditorView } from './editor.ts';

/** What each sentence is about, and what a newcomer needs to know to read it. */
const ABOUT: [editor: Editor, name: string, explanation: string][] = [
  ['release', 'Release', 'The new version, the canary. It is compared with the baseline, the version that runs now.'],
  ['traffic', 'Traffic', 'The requests to both versions, and how the baseline serves them.'],
  ['policy', 'Policy', 'The canary’s shares of traffic, stage by stage, and the rules that stop the rollout.'],
];

const RECORDED_RELEASE = 'As recorded: nobody knows whether it is bad.';

/** The traffic where recorded counts are replayed. */
function recordedTraffic({ record }: Recorded, start: number | null): Piece[] {
  const names = record.files.map(({ name }) => name).join(', ');
  return [
    `Recorded counts of ${cut(names)}${start === null ? '' : `, from ${momentOf(start)}`}, in place of simulated ones.`,
  ];
}

export class ScenarioView implements View {
  #store;
  #editor;
  element = document.createElement('div');

  constructor(store: Store, editor: EditorView) {
    this.#store = store;
    this.#editor = editor;
    this.element.className = 'scenario';
    this.element.setAttribute('part', 'scenario');
  }

  update(change: Change) {
    // Before there is a rollout, there is nothing to say.
    if ((change !== 'rollout' && change !== 'page') || this.#store.seed === null) return;
    const { session, draft, drawn, editor } = this.#store;
    const config = planOf(session.report);
    const { recorded } = session;
    const { source, start } = session.report.recorded ?? {};
    const sentences = {
      release: source === 'both_arms' ? [RECORDED_RELEASE] : releaseSentence(config),
      traffic: recorded ? recordedTraffic(recorded, start ?? null) : trafficSentence(config),
      policy: policySentence(config, drawn ?? draft),
    };
    const isOpen = (name: Editor) => String(editor === name);
    render(
      ABOUT.map(
        ([name, title, explanation]) => html`
          <div class="about" data-about=${name}>
            <button type="button" class="about-title" title=${explanation} aria-expanded=${isOpen(name)}
              @click=${() => (editor === name ? this.#store.closeEditor() : this.#store.openEditor(name))}>${title}</button>
            <p>${sentences[name as keyof typeof sentences].map((piece) => this.#piece(piece, isOpen(name)))}</p>
          </div>
        `,
      ),
      this.element,
    );
  }

  #piece(piece: Piece, isOpen: string) {
    if (typeof piece === 'string') return piece;
    const { text, path } = piece;
    return html`<button type="button" class="piece" title="Edit" aria-expanded=${isOpen}
      @click=${() => this.#editor.reveal(path)}>${text}</button>`;
  }
}

/**
 * Says that the configuration is not the one that is drawn, and why. Where an editor shows
 * every problem at its field, this says nothing: what is typed on moves nothing.
 */
export class ProblemNotice implements View {
  #store;
  #editor;
  element = document.createElement('div');

  constructor(store: Store, editor: EditorView) {
    this.#store = store;
    this.#editor = editor;
    this.element.className = 'notice';
    this.element.role = 'status';
    this.element.setAttribute('part', 'notice');
  }

  update(change: Change) {
    if (change !== 'rollout' && change !== 'page') return;
    const { problems, more, draft, editor } = this.#store;
    const isInSight = ({ path }: Problem) => editor === 'text' || (fieldOf(path, draft) && editorOf(path) === editor);
    const first = problems.every(isInSight) ? undefined : problems[0];
    const others = problems.length + more - 1;
    const place = first?.path ? `${placeWords(first.path, draft)}: ` : '';
    render(
      first
        ? html`<span>The last valid configuration is drawn. In the present one: ${cut(place)}${cut(first.message, MOST_OF_MESSAGE)}${others > 0 ? `; and ${counted(others, 'more problem')}` : ''}.</span>
            <button type="button" @click=${() => this.#editor.show(first)}>Show</button>`
        : nothing,
      this.element,
    );
  }
}
