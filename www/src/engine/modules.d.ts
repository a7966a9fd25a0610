// What the build makes of imports that are not JavaScript.

/** A WebAssembly module, inside the bundle, gzipped. */
declare module '*.wasm?gzip' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** A module bundled with all that it imports as one function, which gives its exports. */
declare module '*/shared.ts?function' {
  const shared: () => typeof import('./shared.ts');
  export default shared;
}

/** A table's text. */
declare module '*.csv' {
  const text: string;
  export default text;
}

/** A style sheet's text. */
declare module '*.css' {
  const css: string;
  export default css;
}
