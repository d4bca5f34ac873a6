// `npm run build:browser`: the page of examples/browser as index.html and one classic script, so that it runs from file:// too.
// The compiler's parser comes as WebAssembly, and the sources that the page compiles are in the script as texts.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const page = join(root, 'examples/browser');

/** Files that the page reads, by their paths in the tree. */
function texts(): Record<string, string> {
  const below = (folder: string, end: RegExp): string[] => readdirSync(join(root, folder)).filter(f => end.test(f)).map(f => `${folder}/${f}`);
  const files = ['modules/bridge/bridge.ts', 'modules/router/router.ts', 'modules/firewall/firewall.ts', 'modules/dhcp/dhcp.ts', 'modules/dhcp/dhcpv6.ts', 'modules/dns/dns.ts', 'modules/uplink/uplink.ts', 'modules/nat44/nat44.ts', ...below('src/lang/lib', /\.ts$/), ...below('examples/two-tenants', /\.yaml$/)];
  return Object.fromEntries(files.sort().map(file => [file, readFileSync(join(root, file), 'utf8')]));
}

/** `embedded:texts` and `embedded:parser`, and the parser's native package exchanged for the one that runs in browsers. */
const embedded: Plugin = {
  name: 'embedded',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^oxc-parser$/ }, () => ({ path: join(page, 'src/oxc-parser.ts') }));
    onResolve({ filter: /^embedded:/ }, ({ path }) => ({ path, namespace: 'embedded' }));
    onLoad({ filter: /^embedded:texts$/, namespace: 'embedded' }, () => ({ contents: JSON.stringify(texts()), loader: 'json' }));
    onLoad({ filter: /^embedded:parser$/, namespace: 'embedded' }, () => {
      const wasm = createRequire(import.meta.url).resolve('oxc-parser/parser.wasm32-wasip1.wasm');
      return { contents: JSON.stringify(gzipSync(readFileSync(wasm), { level: 9 }).toString('base64')), loader: 'json' };
    });
  },
};

/** Writes index.html and iovisor.js. */
export async function buildPage(folder: string): Promise<{ readonly bytes: number }> {
  const { outputFiles } = await build({
    entryPoints: [join(page, 'src/main.ts')], bundle: true, write: false, minify: true, format: 'iife', platform: 'browser', target: 'es2023',
    // The parser's runtime asks for `require` and for import.meta where there is one; here is none.
    define: { 'import.meta.url': '""' }, legalComments: 'none', plugins: [embedded], logLevel: 'error',
  });
  mkdirSync(folder, { recursive: true });
  const script = outputFiles[0]!.contents;
  writeFileSync(join(folder, 'iovisor.js'), script);
  if (resolve(folder) !== page) copyFileSync(join(page, 'index.html'), join(folder, 'index.html'));
  return { bytes: script.length };
}

/** Our own code of the compiler, minified; the parser is a package and not counted. */
export async function compilerBytes(): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/compiler/compile.ts')], bundle: true, write: false, minify: true, format: 'esm', platform: 'neutral', target: 'es2023',
    external: ['oxc-parser'], logLevel: 'error',
  });
  return outputFiles[0]!.contents.length;
}

if (import.meta.main) {
  const { bytes } = await buildPage(page);
  console.log(`examples/browser/iovisor.js: ${Math.round(bytes / 1024)} KiB. Open examples/browser/index.html`);
}
