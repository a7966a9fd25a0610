/** Properties that are set before an element can do anything with them. */

export class EarlyProperties {
  #element;
  #names;
  #values: Map<string, unknown> = new Map();

  /** @param names in the order in which they are taken */
  constructor(element: object, names: string[]) {
    this.#element = element;
    this.#names = names;
  }

  keep(name: string, value: unknown) {
    this.#values.set(name, value);
  }

  /** Sets what was kept, and what was set on the element before its class was known. */
  take() {
    const element = this.#element as Record<string, unknown>;
    for (const name of this.#names) {
      if (Object.hasOwn(element, name)) {
        this.keep(name, element[name]);
        delete element[name];
      }
      if (this.#values.has(name)) element[name] = this.#values.get(name);
    }
    this.#values.clear();
  }
}
