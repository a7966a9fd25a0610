// The page as people and host pages meet it: by roles, accessible names and the element's
// public properties. WebDriver's own locators do not reach into shadow roots.
import { Key } from 'selenium-webdriver';
import { eventually } from './harness.mjs';

/** By role: the elements that may have it, and what browsers say when they are asked for it. */
const OF_ROLE = {
  button: { selector: 'button, [role=button]', said: ['button'] },
  heading: { selector: 'h1, h2, h3, h4, h5, h6, [role=heading]', said: ['heading'] },
  tab: { selector: '[role=tab]', said: ['tab'] },
  radio: { selector: 'input[type=radio], [role=radio]', said: ['radio'] },
  // A field of numbers is a text box for WebKitGTK.
  spinbutton: { selector: 'input[type=number], [role=spinbutton]', said: ['spinbutton', 'textbox'] },
};

export class CanaryPage {
  #browser;

  /** @param {import('./harness.mjs').Browser} browser */
  constructor(browser) {
    this.#browser = browser;
  }

  /** What a function returns for the element and the values. */
  element(read, ...values) {
    return this.#browser.run(`return (${read})(document.querySelector('canary-rollout'), ...arguments)`, ...values);
  }

  /**
   * The visible element of this role and name, as soon as there is one.
   * @param {keyof typeof OF_ROLE} role
   * @param {string | RegExp} name the whole name, or a pattern
   */
  async find(role, name) {
    let found = [];
    await eventually(async () => {
      found = await this.all(role, name);
      return `${found.length} ${role} ${name}`;
    }, `1 ${role} ${name}`);
    return found[0];
  }

  /** All visible elements of this role and name, as it is now. */
  async all(role, name) {
    const { selector, said } = OF_ROLE[role];
    const matches = typeof name === 'string' ? (own) => own === name : (own) => name.test(own);
    const found = [];
    for (const [element, texts] of await this.#browser.run(visible, selector)) {
      // Asking the browser for a name is slow, and there are hundreds of buttons.
      if (!texts.some((text) => (typeof name === 'string' ? text.includes(name) : name.test(text)))) continue;
      // What is far from the window is not laid out, and has no name in Firefox and WebKit.
      await this.#browser.run((far) => far.scrollIntoView({ block: 'center' }), element);
      const own = plain(await element.getAccessibleName());
      if (matches(own) && said.includes(await element.getAriaRole())) found.push(element);
    }
    return found;
  }

  /** The report at the playhead, as the text of its JSON: WebDriver does not keep the order of keys. */
  report() {
    return this.element((element) => JSON.stringify(element.report));
  }

  async click(role, name) {
    await (await this.find(role, name)).click();
  }

  /** Types into a field of numbers, in place of what is there, and leaves it. */
  async type(name, text) {
    const field = await this.find('spinbutton', name);
    await field.clear();
    await field.sendKeys(text, Key.TAB);
  }

  /** Waits until the page says this in sight. */
  async says(pattern) {
    await eventually(async () => {
      const text = plain(await this.#browser.run(textInSight));
      return pattern.test(text) ? 'said' : text;
    }, 'said');
  }
}

const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** Runs in the page: the visible elements of a selector, each with what its name may be made of. */
function visible(selector) {
  const roots = [document];
  for (const root of roots)
    for (const { shadowRoot } of root.querySelectorAll('*')) if (shadowRoot) roots.push(shadowRoot);
  return roots
    .flatMap((root) => [...root.querySelectorAll(selector)])
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .map((element) => {
      const labels = [...(element.labels ?? []), ...(element.ariaLabelledByElements ?? [])];
      const texts = [
        element.ariaLabel,
        element.title,
        element.textContent,
        ...labels.map((label) => label.textContent),
      ];
      return [element, texts.map((text) => (text ?? '').replace(/\s+/g, ' ').trim())];
    });
}

/** Runs in the page. */
function textInSight() {
  const { shadowRoot } = document.querySelector('canary-rollout');
  return Array.from(shadowRoot.children, ({ innerText }) => innerText ?? '').join('\n');
}
