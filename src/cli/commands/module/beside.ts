// TypeScript that stands beside a module and runs here: packet cases and control code. `iovisor/packets` is this package's own, whether it
// is installed where the module is or not, and a changed file is read again.

import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from '../../failure.ts';
import { packageRoot } from '../../../sys/package-root.ts';

let hooked = false;
let version = 0;

/** The module's default export. Each call loads it and what it imports from beside it anew. @throws Failure */
export async function loadDefault<T>(path: string, what: string, example: string): Promise<T> {
  const name = relative(process.cwd(), path);
  if (!existsSync(path)) throw new Failure(`there is no ${name}`, { cure: `${what} of NAME.ts stand in ${example.replace(/^.*\/\w+\./, 'NAME.')}; see ${example}` });
  hook();
  version++;
  const loaded = await import(`${pathToFileURL(path).href}?v=${version}`).catch((error: Error) => {
    throw new Failure(`${name} cannot be loaded: ${error.message}`, { cure: 'mend it; --verbose shows where', cause: error });
  }) as { readonly default?: T };
  if (loaded.default === undefined) throw new Failure(`${name} has no default export`, { cure: `export the ${what} as default; see ${example}` });
  return loaded.default;
}

function hook(): void {
  if (hooked) return;
  hooked = true;
  const own = ['src/lang/packets.ts', 'src/lang/packets.js'].map(path => `${packageRoot}/${path}`).find(path => existsSync(path));
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'iovisor/packets' && own !== undefined) return { url: pathToFileURL(own).href, shortCircuit: true };
      const found = next(specifier, context);
      const parent = context.parentURL;
      if (!/\.ts(\?|$)/.test(found.url) || parent === undefined || !/[?]v=\d+$/.test(found.url) && !/[?]v=\d+$/.test(parent)) return found;
      // Modules of this folder are ECMAScript modules whatever a package.json says, and as new as who imports them.
      const url = /[?]v=\d+$/.test(found.url) ? found.url : `${found.url}?v=${version}`;
      return { ...found, url, format: 'module-typescript' };
    },
  });
}
