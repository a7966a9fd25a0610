/** Properties that are set before an element can do anything with them. */

export class Early {
  #element;
  #names;
  /** @type {Map<string, unknown>} */
  #values = new Map();

  /**
   * @param {object} element
   * @param {string[]} names in the order in which they are taken
   */
  constructor(element, names) {
    this.#element = element;
    this.#names = names;
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  keep(name, value) {
    this.#values.set(name, value);
  }

  /** Sets what was kept, and what was set on the element before its class was known. */
  take() {
    const element = /** @type {Record<string, unknown>} */ (this.#element);
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
