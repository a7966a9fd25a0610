// Generates the package's types, its custom-elements manifest and its data for editors
// from the table in interface.mjs.
import { generateJetBrainsWebTypes } from 'custom-element-jet-brains-integration';
import { generateVsCodeCustomElementData } from 'custom-element-vs-code-integration';
import { attributes, cssParts, cssProperties, ENGINE_TYPES, events, methods, properties, slots } from './interface.mjs';

const CLASS = 'CanaryRolloutElement';
const TAG = 'canary-rollout';
const MODULE = 'www/dist/canary-rollout.mjs';
const SUMMARY = 'A rollout one can look at, interrupt and edit.';

/** `custom-elements.json`: schema 2.1.0 of the Web Components Community Group. */
export function manifest() {
  const typed = ({ type, ...rest }) => ({ ...rest, type: { text: type } });
  const declaration = {
    kind: 'class',
    name: CLASS,
    tagName: TAG,
    customElement: true,
    description: SUMMARY,
    superclass: { name: 'HTMLElement' },
    attributes: attributes.map(typed),
    members: [
      ...properties.map((property) => ({ kind: 'field', ...typed(property) })),
      ...methods.map((method) => ({ kind: 'method', ...method, return: { type: { text: 'void' } } })),
    ],
    events: events.map(({ detail, ...rest }) => ({ ...rest, type: { text: `CustomEvent<${detail}>` } })),
    slots,
    cssParts,
    cssProperties,
  };
  const reference = { name: CLASS, module: MODULE };
  const exported = (kind, name, declared) => ({ kind, name, declaration: declared });
  return {
    schemaVersion: '2.1.0',
    modules: [
      {
        kind: 'javascript-module',
        path: MODULE,
        declarations: [declaration],
        exports: [exported('js', CLASS, reference), exported('custom-element-definition', TAG, reference)],
      },
    ],
  };
}

/** Writes `vscode.html-custom-data.json` and JetBrains' `web-types.json` into a folder. */
export function writeEditorData(outdir) {
  // The tooltip of the tag would be a page long.
  const brief = { hideCssPropertiesDocs: true, hideCssPartsDocs: true, hideMethodDocs: true, hideLogs: true };
  generateVsCodeCustomElementData(manifest(), { ...brief, outdir, cssFileName: null });
  generateJetBrainsWebTypes(manifest(), { ...brief, outdir, packageJson: false });
}

/** `canary-rollout.d.ts`; the engine's types are beside it and in `www/types`. */
export function types() {
  const members = [
    ...properties.map((property) => doc(property) + member(property)),
    ...methods.map((method) => `${doc(method)}  ${method.name}(): void;`),
  ];
  const details = events.map((event) => `${doc(event)}  ${event.name}: CustomEvent<${event.detail}>;`);
  const typeOf = (attribute) => attributes.find(({ name }) => name === attribute).type;
  return `import type { ${ENGINE_TYPES.join(', ')} } from '../types/engine.js';

/** What an element's attribute \`view\` may be. */
export type View = ${typeOf('view')};
/** The places of the page. */
export type Place = ${typeOf('place')};
export const VIEWS: View[];

/** What an element tells, by the event's name. The events bubble. */
export interface CanaryRolloutEventMap {
${details.join('\n')}
}

/**
 * ${SUMMARY}
 *
${attributes.map(({ name, description }) => ` * Attribute \`${name}\`: ${description}`).join('\n')}
 */
export class ${CLASS} extends HTMLElement {
${members.join('\n')}
  addEventListener<K extends keyof CanaryRolloutEventMap>(
    type: K,
    listener: (this: ${CLASS}, event: CanaryRolloutEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** What the tag takes in a template: the attributes, and the properties that can be set. */
export interface CanaryRolloutProps {
${props().join('\n')}
}

/** Defines the element, once; importing the module in a browser has done it. */
export function defineCanaryRollout(): void;

declare global {
  interface HTMLElementTagNameMap {
    '${TAG}': ${CLASS};
  }
}
`;
}

/** An attribute that is a property, too, is of the property's type. */
function props() {
  const settable = properties.filter(({ readonly }) => !readonly);
  const isProperty = ({ name }) => settable.some((property) => property.name === name);
  return [...attributes.filter((attribute) => !isProperty(attribute)), ...settable].map(
    ({ name, type, takes, description }) => {
      // A template may have a number as text.
      const wide = takes ?? (type === 'number' ? 'number | string' : type);
      return `${doc({ description })}  ${/\W/.test(name) ? `'${name}'` : name}?: ${wide};`;
    },
  );
}

const doc = ({ description }) => `  /** ${description} */\n`;

/** A property that can be set to a wider type than its own is a pair of accessors. */
function member({ name, type, takes, readonly }) {
  if (takes) return `  get ${name}(): ${type};\n  set ${name}(${name}: ${takes});`;
  return `  ${readonly ? 'readonly ' : ''}${name}: ${type};`;
}
