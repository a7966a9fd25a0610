/** A directive for fields whose value is set from the state while somebody may be typing. */

import type { ElementPart, PropertyPart } from 'lit/directive.js';
import { Directive, directive } from 'lit/directive.js';
import { noChange } from 'lit/html.js';

/** Sets a field's value, but not while somebody types into it. */
export const unlessTyped = directive(
  class extends Directive {
    render(_value: string) {
      return noChange;
    }

    override update(part: PropertyPart | ElementPart, [value]: [string]) {
      const input = part.element as HTMLInputElement;
      const { activeElement } = input.getRootNode() as ShadowRoot | Document;
      if (activeElement !== input && input.value !== value) input.value = value;
      return noChange;
    }
  },
);
