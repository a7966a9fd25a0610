/** Where the script that defines the element lies. */

// A classic script knows itself only while it runs, a module always.
const own =
  (typeof document !== 'undefined' && (document.currentScript as HTMLScriptElement | null)?.src) || import.meta.url;

/** Its address; `null` where another bundle has swallowed it. Some tools put a hash into its name. */
export const scriptUrl = /\/canary-rollout[^/]*\.m?js(\?|$)/.test(own ?? '') ? own : null;
