/**
 * The place Yours: a controller's files are opened, dropped or pasted; beside each line stands
 * what was understood of it. From there the configuration goes to the other places. Or files of
 * recorded counts: the world that they describe goes there, or the counts are replayed.
 */

import { createRef, ref } from 'lit/directives/ref.js';
import { html, nothing, render } from 'lit/html.js';
import { count, counted, cut, MOST_LISTED, MOST_OF_MESSAGE } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import { parsed, textOf } from '../base/json-path.ts';
import { readText } from '../base/read-text.ts';
import type { ReadRecord } from '../engine/counts.ts';
import type { Fit, Import, ImportBinding, ImportNote, ImportSource } from '../engine/engine.ts';
import { messageOf, resolved } from '../engine/engine.ts';
import { endingOf, NO_COUNTS } from '../engine/file-kind.ts';
import type { FileFault } from '../engine/foreign.ts';
import { imported } from '../engine/foreign.ts';
import { planOf } from '../engine/plan.ts';
import type { Change, Store, View } from '../store/store.ts';
import { CopyAs } from '../words/copy-as.ts';
import { readingNotes, recordWords, seriesCard } from './counts-view.ts';
import { effect } from './effect.ts';
import { COUNTS_EXAMPLES, EXAMPLES } from './examples.ts';
import { filePanel } from './file-panel.ts';
import { fitFindings, fitView } from './fit-view.ts';
import { settledIn } from './settled-in.ts';

/** What a controller's file may have, in bytes: the engine reads no more of all together. */
const MOST_BYTES = 4 * 2 ** 20;
/** And files of counts together, which the page has to keep. */
const MOST_OF_COUNTS = 64 * 2 ** 20;

export class YoursView implements View {
  readonly element = Object.assign(document.createElement('div'), { className: 'yours' });
  #store;
  #copyAs;
  #picker = createRef<HTMLInputElement>();
  #pasted = createRef<HTMLTextAreaElement>();
  #told = createRef<HTMLInputElement>();
  /** What was done last with what was understood, whether it was refused, and with which configuration. */
  #said: { words: string; isRefused: boolean; of: string } | null = null;
  /** The number of the opening that was begun last: files are read after a while. */
  #opening = 0;
  /** The width of a chart of the fit, in CSS pixels. */
  #width = 0;
  /** The figure whose width that is. */
  #figure: Element | null = null;
  #resizes;
  /** The tables of figures that are open. */
  #tables: Set<string> = new Set();

  constructor(store: Store) {
    this.#store = store;
    this.#copyAs = new CopyAs(
      'The policy above as a file of your controller',
      () => store.session.config,
      () => this.#render(),
    );
    // In a frame of its own: what is drawn anew may be as high as to change the width again.
    this.#resizes = new ResizeObserver((entries) =>
      requestAnimationFrame(() => {
        const { width } = entries[entries.length - 1].contentRect;
        if (width === this.#width || width <= 0) return;
        this.#width = width;
        this.#render();
      }),
    );
    this.element.addEventListener('dragover', (event) => event.preventDefault());
    this.element.addEventListener('drop', (event) => {
      const files = event.dataTransfer?.files;
      if (!files?.length) return;
      event.preventDefault();
      this.#open(files);
    });
  }

  update(change: Change) {
    if (!['yours', 'page', 'rollout', 'study'].includes(change)) return;
    this.#store.yours.want(planOf(this.#store.session.report).tick_seconds);
    this.#render();
  }

  #render() {
    const { yours, veiled, isWaiting } = this.#store;
    const { files, found, problems, kind, counts: read } = yours;
    render(
      html`<h2 class="unseen">Your files</h2>
        ${this.#opener(files.length > 0)}
        ${
          files.length === 0
            ? nothing
            : kind === 'counts'
              ? read
                ? this.#counts(read)
                : this.#faults()
              : html`<div class="yours-columns">
                <div class="column told">
                  ${found ? this.#summary(found) : this.#faults()}
                  ${found && this.#isUsed(found) && !veiled && !isWaiting ? effect(this.#store, () => this.#compare(found)) : nothing}
                  ${found ? this.#bindings(found.bindings) : nothing} ${found ? this.#beside(found) : nothing}
                </div>
                <div class="column">
                  ${files.map((file, i) => filePanel(file, i, found, problems, (note) => this.#correct(note)))}
                </div>
              </div>`
        }
        ${kind === 'counts' ? nothing : this.#copyAs.template()}`,
      this.element,
    );
    this.#follow(this.element.querySelector('.fit-chart'));
  }

  /** Follows the width of a chart that was rendered. */
  #follow(figure: Element | null) {
    if (figure === this.#figure) return;
    if (this.#figure) this.#resizes.unobserve(this.#figure);
    this.#figure = figure;
    if (figure) this.#resizes.observe(figure);
  }

  /** Recorded counts: what was read, the fit beside the record, and what can be done with them. */
  #counts(read: ReadRecord) {
    const { yours } = this.#store;
    const { fit } = yours;
    const isFitted = typeof fit === 'object' && fit !== null;
    return html`<div class="yours-columns counts-columns">
      <div class="column told">
        ${this.#actions(read, isFitted ? fit : null)} ${isFitted ? fitFindings(fit) : nothing}
        ${seriesCard(read.reading, yours.files, (series, role) => yours.take(series, role), this.#telling())}
        ${readingNotes(read.reading, yours.files)}
      </div>
      <div class="column">
        ${
          isFitted
            ? fitView(fit, this.#width, this.#tables, () => this.#render())
            : html`<section class="card" role="group" aria-label="No fitted world">
                <h3>${fit === null ? 'A world is being fitted to these counts…' : 'No world can be fitted to these counts'}</h3>
                <p role="status">${fit === null ? 'A long record takes some seconds. It can be replayed meanwhile.' : `${capital(fit)}.`}</p>
              </section>`
        }
      </div>
    </div>`;
  }

  #actions(read: ReadRecord, fit: Fit | null) {
    const isReplayed = this.#store.recorded?.record === read.record;
    const said = this.#saidOfNow;
    return html`<section class="card yours-summary" role="group" aria-label="What was read">
      <h3>What was read</h3>
      <p>${recordWords(read)}</p>
      <div class="row">
        <button type="button" class="strong" aria-disabled=${String(isReplayed)} @click=${() => !isReplayed && this.#replay(read)}>Replay this policy on it</button>
        <button type="button" class="strong" ?disabled=${!fit} @click=${() => fit && this.#settle(fit)}>Use it as the world</button>
      </div>
      <p class="message ${said?.isRefused ? 'error' : ''}" role="status">${
        said?.words ||
        (isReplayed
          ? 'It is replayed in Watch.'
          : 'A replay plays these counts in Watch, under the policy above. As the world, what was fitted takes the place of the traffic above; release and policy stay, and undo brings it back.')
      }</p>
    </section>`;
  }

  #replay({ record }: ReadRecord) {
    const fault = this.#store.replay({ record, replay: {} });
    if (fault) this.#say(`It cannot be replayed: ${fault}.`, true);
    else this.#store.go('watch');
  }

  /** Puts the configuration into the fitted world. */
  #settle(fit: Fit) {
    const made = settledIn(fit, this.#store.drawn);
    if (typeof made === 'string') return this.#say(`It cannot be the world of this policy: ${made}.`, true);
    this.#store.load(made);
    this.#say('It is the world of every place now. Undo brings back what was there.');
  }

  /** Says something of the configuration as it is now. */
  #say(words: string, isRefused = false) {
    this.#said = { words, isRefused, of: this.#store.text };
    this.#render();
  }

  get #saidOfNow() {
    return this.#said?.of === this.#store.text ? this.#said : null;
  }

  #opener(isOpen: boolean) {
    const { refusal } = this.#store.yours;
    return html`<section class="card opener" role="group" aria-label="Open files">
      <div class="openings ${isOpen ? 'brief' : ''}">
        <div class="opening-kind" role="group" aria-label="A controller’s file">
          <h3>What does the file of your controller do?</h3>
          ${
            isOpen
              ? nothing
              : html`<p>
                  Open a file of Argo Rollouts, Flagger, AWS SAM or CodeDeploy, or Kayenta; with its templates, if they stand in
                  others. It is decided as the controller decides: you see how often it throws a good release away, and what it
                  misses.
                </p>`
          }
          <div class="row">
            ${examples().map(
              ({ name, article, files }) =>
                html`<button type="button" @click=${() => this.#take(files)}>Try ${article} ${name}</button>`,
            )}
          </div>
        </div>
        <div class="opening-kind" role="group" aria-label="Recorded counts of a service">
          <h3>And what would it do on your service?</h3>
          ${
            isOpen
              ? nothing
              : html`<p>
                  Open the counts that your monitoring keeps, of one version or of two: a range query of Prometheus, Datadog,
                  CloudWatch, or CSV. A world like your service is fitted, and policies are replayed on the counts.
                </p>`
          }
          <div class="row">
            ${COUNTS_EXAMPLES.map(
              ({ title, files }) => html`<button type="button" @click=${() => this.#take(files)}>${title}</button>`,
            )}
          </div>
        </div>
      </div>
      <div class="row">
        <button type="button" class="strong" @click=${() => this.#picker.value?.click()}>${icon('open')}Open files…</button>
        <span class="drop-hint">Or drop files anywhere here.</span>
        <input type="file" multiple hidden aria-label="Files of a controller" ${ref(this.#picker)}
          @change=${({ currentTarget }: Event) => this.#open((currentTarget as HTMLInputElement).files)} />
      </div>
      <details>
        <summary>Paste a file</summary>
        <textarea class="json" rows="10" spellcheck="false" autocomplete="off" aria-label="A file’s text" ${ref(this.#pasted)}></textarea>
        <div class="row">
          <button type="button" class="strong" @click=${() => this.#paste(this.#pasted.value?.value ?? '')}>Read it</button>
        </div>
      </details>
      <p class="message ${refusal ? 'error' : ''}" role="status">${refusal || 'Nothing leaves this browser: the files are read in this page.'}</p>
    </section>`;
  }

  #summary(found: Import) {
    const used = this.#isUsed(found);
    return html`<section class="card yours-summary" role="group" aria-label="What was understood">
      <h3>${found.title}</h3>
      <p class="quiet">${counts(found)}</p>
      <div class="row">
        <button type="button" class="strong" aria-disabled=${String(used)} @click=${() => this.#use(found)}>Use it</button>
        <button type="button" @click=${() => this.#compare(found)}>The same steps with another rule</button>
      </div>
      <p class="message" role="status">${this.#saidOfNow?.words ?? 'Used, it is the policy of every place; undo brings back what was there.'}</p>
    </section>`;
  }

  #faults() {
    const { problems } = this.#store.yours;
    const more = problems.length - MOST_LISTED;
    return html`<section class="card" role="group" aria-label="Why nothing was understood">
      <h3>It could not be read</h3>
      <ul class="problem-list">
        ${problems
          .slice(0, MOST_LISTED)
          .map(
            (problem) =>
              html`<li>${this.#placeOf(problem)}<span class="problem-text">${cut(problem.message, MOST_OF_MESSAGE)}</span></li>`,
          )}
      </ul>
      ${more > 0 ? html`<p class="quiet">and ${counted(more, 'more problem')}</p>` : nothing}
      ${this.#store.yours.kind === 'counts' ? this.#telling() : nothing}
    </section>`;
  }

  /** Where a person says what a series is that was not understood. */
  #telling() {
    return html`<form class="row telling" @submit=${(event: Event) => {
      event.preventDefault();
      const [, role, series] = (this.#told.value?.value ?? '').match(/^([^=]+)=(.+)$/) ?? [];
      if (role && series) this.#store.yours.take(series.trim(), role.trim());
    }}>
      <label>A series is missing, or was not understood? Say what it is
        <input type="text" autocomplete="off" spellcheck="false" placeholder="errors=http_5xx" ${ref(this.#told)} /></label>
      <button type="submit">Read again</button>
      ${
        this.#store.yours.isTold
          ? html`<button type="button" @click=${() => this.#store.yours.guess()}>Guess all again</button>`
          : nothing
      }
    </form>`;
  }

  /** Leads to the place of a problem, where it has one and its lines are shown. */
  #placeOf({ file, line }: FileFault) {
    const { files, kind } = this.#store.yours;
    if (file === null || line === null) return nothing;
    if (kind === 'counts') {
      const text = lineOf(files[file].text, line);
      return html`<b>${files[file].name}, line ${count(line)}</b>${text ? html` <code class="faulty-line">${cut(text)}</code>` : nothing} `;
    }
    return html`<button type="button" class="problem-place" @click=${() => this.#showLine(file, line)}
      >${files.length > 1 ? `${files[file].name}, ` : ''}line ${line}</button> `;
  }

  #bindings(bindings: ImportBinding[]) {
    if (bindings.length === 0) return nothing;
    return html`<section class="card bindings" role="group" aria-label="What the metrics measure">
      <h3>What the metrics measure</h3>
      ${bindings.map(({ metric, measures, guessed, why, choices }, i) => {
        const all = choices.includes(measures) ? choices : [measures, ...choices];
        return html`<div class="binding">
          <label for="binding-${i}">${metric}</label>
          <select id="binding-${i}" data-metric=${metric} aria-describedby="binding-why-${i}"
            @change=${({ currentTarget }: Event) => this.#store.yours.bind(metric, (currentTarget as HTMLSelectElement).value)}>
            ${all.map((choice) => html`<option value=${choice} .selected=${choice === measures}>${words(choice)}</option>`)}
          </select>
          <p class="hint" id="binding-why-${i}">${guessed ? html`<b>guessed:</b> ` : nothing}${why}</p>
        </div>`;
      })}
    </section>`;
  }

  /** What the files do not say, what of them matters and is missing, and what does not matter. */
  #beside({ warnings, ignored, assumed }: Import) {
    if (warnings.length + assumed.length === 0 && !ignored) return nothing;
    return html`<section class="card" role="group" aria-label="To know">
      <h3>To know</h3>
      <ul class="warning-list">
        ${warnings
          .slice(0, MOST_LISTED)
          .map(
            (warning) =>
              html`<li class="warned">${this.#placeOf(warning)}${cut(warning.message, MOST_OF_MESSAGE)}</li>`,
          )}
        ${assumed.map((text) => html`<li>Assumed: ${text}</li>`)}
        ${ignored ? html`<li class="quiet">${ignored}</li>` : nothing}
      </ul>
    </section>`;
  }

  /** Whether what was understood is the policy on the page. */
  #isUsed(found: Import) {
    return this.#store.text === configOf(found);
  }

  #use(found: Import) {
    if (this.#isUsed(found)) return;
    this.#store.rewrite(configOf(found));
    this.#say('It is the policy of every place now. Undo brings back what was there.');
  }

  #compare(found: Import) {
    this.#use(found);
    this.#store.study.rival = 'evidence';
    this.#store.go('measure');
  }

  /** Leads to where a guess is corrected. */
  #correct({ meaning }: ImportNote) {
    const bindings = this.#store.yours.found?.bindings ?? [];
    const near = bindings.findIndex(({ metric, measures }) => meaning.includes(metric) || meaning.includes(measures));
    const guessed = bindings.findIndex((one) => one.guessed);
    this.element.querySelector<HTMLElement>(`#binding-${Math.max(0, near < 0 ? guessed : near)}`)?.focus();
  }

  #showLine(file: number, line: number) {
    const row = this.element
      .querySelectorAll('.source-file')
      [file]?.querySelector<HTMLElement>(`[data-line="${line}"]`);
    row?.scrollIntoView({ block: 'center' });
    row?.closest<HTMLElement>('.source-scroll')?.focus({ preventScroll: true });
  }

  #paste(text: string) {
    this.#take([{ name: `pasted.${endingOf(text)}`, text }]);
  }

  #take(files: ImportSource[]) {
    this.#opening += 1;
    this.#said = null;
    this.#store.yours.open(files);
  }

  async #open(list: FileList | null) {
    const files = [...(list ?? [])];
    if (files.length === 0) return;
    this.#opening += 1;
    const opening = this.#opening;
    const read = await readAll(files);
    if (opening !== this.#opening) return;
    if (this.#picker.value) this.#picker.value.value = '';
    if (typeof read === 'string') this.#store.yours.refuse(read);
    else this.#take(read);
  }
}

/** The texts of files, or why they are not opened. */
async function readAll(files: File[]): Promise<ImportSource[] | string> {
  const all = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length > 1 && all > MOST_OF_COUNTS) {
    const [size, limit] = [all, MOST_OF_COUNTS].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
    return `The files were not opened: they have ${size} together, expected at most ${limit}.`;
  }
  const read: ImportSource[] = [];
  for (const file of files) {
    const [what, most]: [string, number] = NO_COUNTS.test(file.name)
      ? ['a controller’s file', MOST_BYTES]
      : ['a file of counts', MOST_OF_COUNTS];
    try {
      read.push({ name: file.name, text: await readText(file, what, most) });
    } catch (error) {
      return `${file.name} was not opened: ${messageOf(error)}`;
    }
  }
  return read;
}

/** The examples that the engine reads, once they were tried. */
let readable: typeof EXAMPLES | null = null;
const examples = () => (readable ??= EXAMPLES.filter(({ files }) => imported(files, {}).found !== null));

/** The configuration as JSON, which the forms edit. */
function configOf({ config }: Import) {
  return parsed(config) === undefined ? textOf(withoutPlan(config)) : config;
}

const withoutPlan = (config: string) => {
  const { decides: _, stages, rules, on_inconclusive, rollback_ticks, ...rest } = resolved(config);
  const staged = 'controller' in rest ? {} : { stages, rules, on_inconclusive, rollback_ticks };
  return JSON.parse(JSON.stringify({ ...rest, ...staged }));
};

/** `error_rate of canary over 60s` as people say it. */
const words = (measures: string) => measures.replaceAll('_', ' ');

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** A line of a text, of which there may be millions. */
function lineOf(text: string, line: number) {
  let from = 0;
  for (let n = 1; n < line; n += 1) {
    from = text.indexOf('\n', from) + 1;
    if (from === 0) return '';
  }
  const to = text.indexOf('\n', from);
  return text.slice(from, Math.min(to < 0 ? text.length : to, from + 500)).trimEnd();
}

/** How much of the files was understood, in words. */
function counts({ notes }: Import) {
  const of = (understood: ImportNote['understood']) => notes.filter((note) => note.understood === understood).length;
  const parts = [
    `${of('read')} read`,
    `${of('guessed')} guessed`,
    `${of('ignored')} without effect here`,
    `${of('not_modelled')} not modelled`,
  ].filter((part) => !part.startsWith('0 '));
  return `Of its fields: ${parts.join(', ')}.`;
}
