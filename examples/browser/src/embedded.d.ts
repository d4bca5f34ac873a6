// What scripts/build-browser.ts puts into the script: no modules of any folder.

declare module 'embedded:texts' {
  /** Texts of files by their paths in the tree. */
  const texts: Readonly<Record<string, string>>;
  export default texts;
}

declare module 'embedded:parser' {
  /** oxc-parser as WebAssembly: gzip, base64. */
  const packed: string;
  export default packed;
}
