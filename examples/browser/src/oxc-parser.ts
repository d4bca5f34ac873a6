// Stands for the package oxc-parser in the browser: the same parser as WebAssembly, of one thread, from the same package.
// Only what the compiler asks for: `parseSync`. `ready` comes first.

import { instantiateNapiModule } from '@emnapi/core';
import threadsafeFunctions from '@emnapi/core/plugins/threadsafe-function';
import { createContext } from '@emnapi/runtime';
import packed from 'embedded:parser';

type ParseSync = typeof import('oxc-parser').parseSync;
/** As the binding gives it: the tree is JSON, and literals that JSON cannot say are listed. */
interface Binding { parseSync(...parameters: Parameters<ParseSync>): { readonly program: string; readonly errors: unknown } }

const INITIAL_PAGES = 1024, MOST_PAGES = 65_536;
const EBADF = 8;
let binding: Binding | undefined;

export async function ready(): Promise<void> {
  const wasm = await WebAssembly.compile(await unpacked());
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MOST_PAGES });
  const { napiModule } = await instantiateNapiModule(wasm, {
    context: createContext(),
    plugins: [threadsafeFunctions],
    wasi: system(memory),
    overwriteImports(imports) {
      const env: Record<string, unknown> = { ...imports['env'], ...imports['napi'], ...imports['emnapi'], memory };
      // Work in other threads is never asked for.
      for (const { module, name } of WebAssembly.Module.imports(wasm)) if (module === 'env') env[name] ??= () => { throw new Error(`${name} is not here`); };
      return { ...imports, env: env as WebAssembly.ModuleImports };
    },
    beforeInit({ instance }) {
      for (const [name, register] of Object.entries(instance.exports)) if (name.startsWith('__napi_register__')) (register as () => void)();
    },
  });
  binding = napiModule.exports as Binding;
}

export const parseSync = ((file, text, options) => {
  if (!binding) throw new Error('the parser is not ready');
  const { program, errors } = binding.parseSync(file, text, options);
  const { node, fixes } = JSON.parse(program) as { node: unknown; fixes: readonly (readonly string[])[] };
  for (const path of fixes) fix(path.reduce((at, key) => (at as Record<string, unknown>)[key], node) as Literal);
  return { program: node, errors };
}) as ParseSync;

interface Literal { value: unknown; readonly bigint?: string }

function fix(literal: Literal): void {
  if (literal.bigint !== undefined) literal.value = BigInt(literal.bigint);
}

async function unpacked(): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), char => char.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

/** The little of WASI that the parser imports: random numbers for its hash tables, no environment, no files. */
function system(memory: WebAssembly.Memory) {
  const zero = (...addresses: readonly number[]): number => {
    for (const address of addresses) new DataView(memory.buffer).setUint32(address, 0, true);
    return 0;
  };
  return {
    wasiImport: {
      random_get(address: number, bytes: number): number {
        crypto.getRandomValues(new Uint8Array(memory.buffer as ArrayBuffer, address, bytes));
        return 0;
      },
      environ_get: () => 0,
      environ_sizes_get: zero,
      fd_write: () => EBADF,
      proc_exit(code: number): never { throw new Error(`the parser ended with ${code}`); },
    },
    initialize(instance: object): void { (instance as { exports: { _initialize?: () => void } }).exports._initialize?.(); },
    start: () => 0,
  };
}
