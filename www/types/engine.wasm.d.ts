/** What importing the file gives depends on the bundler: its address, or the compiled module. Either can be given to `init`. */
declare const engine: string | WebAssembly.Module;
export default engine;
