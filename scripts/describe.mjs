// Generates the package's types and its custom-elements manifest from the table in
// interface.mjs.
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

/** `canary-rollout.d.ts`; the engine's types are in `engine/`. */
export function types() {
  const members = [
    ...properties.map((property) => doc(property) + member(property)),
    ...methods.map((method) => `${doc(method)}  ${method.name}(): void;`),
  ];
  const details = events.map((event) => `${doc(event)}  ${event.name}: CustomEvent<${event.detail}>;`);
  const views = attributes.find(({ name }) => name === 'view').type;
  return `import type { ${ENGINE_TYPES.join(', ')} } from './engine/canary_rollout.js';

/** What an element's attribute \`view\` may be. */
export type View = ${views};
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

/** Defines the element, once; importing the module in a browser has done it. */
export function defineCanaryRollout(): void;

declare global {
  interface HTMLElementTagNameMap {
    '${TAG}': ${CLASS};
  }
}
`;
}

const doc = ({ description }) => `  /** ${description} */\n`;

/** A property that can be set to a wider type than its own is a pair of accessors. */
function member({ name, type, takes, readonly }) {
  if (takes) return `  get ${name}(): ${type};\n  set ${name}(${name}: ${takes});`;
  return `  ${readonly ? 'readonly ' : ''}${name}: ${type};`;
}
