/**
 * The style of all that stands in the element's shadow, a sheet a part. What
 * holds for a narrow page and for a medium stands last, to override the rest.
 */

import controls from './controls.css';
import editing from './editing.css';
import embed from './embed.css';
import find from './find.css';
import flow from './flow.css';
import forms from './forms.css';
import lessons from './lessons.css';
import link from './link.css';
import media from './media.css';
import narrow from './narrow.css';
import opening from './opening.css';
import page from './page.css';
import policy from './policy.css';
import replay from './replay.css';
import stages from './stages.css';
import strategies from './strategies.css';
import study from './study.css';
import timeline from './timeline.css';
import tokens from './tokens.css';
import verdict from './verdict.css';
import yours from './yours.css';

const style = [
  tokens,
  page,
  controls,
  opening,
  study,
  policy,
  strategies,
  find,
  verdict,
  timeline,
  replay,
  flow,
  stages,
  forms,
  editing,
  yours,
  link,
  embed,
  lessons,
  narrow,
  media,
].join('\n');

/** The sheet of each document, which all elements in it share. */
const sheets: WeakMap<Document, CSSStyleSheet> = new WeakMap();

/**
 * Gives a shadow its style. It is no `<style>` element, which a page's policy may forbid; and
 * it is its document's, so it is given anew where an element moves to another.
 */
export function adoptStyle(root: ShadowRoot) {
  const { ownerDocument } = root;
  const view = ownerDocument.defaultView;
  if (!view) return;
  let sheet = sheets.get(ownerDocument);
  if (!sheet) {
    sheet = new (view as unknown as typeof globalThis).CSSStyleSheet();
    sheet.replaceSync(style);
    sheets.set(ownerDocument, sheet);
  }
  root.adoptedStyleSheets = [sheet];
}
