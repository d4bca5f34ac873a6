// The bridge's source → a module that can be planned and run, with the time it took, or diagnostics.

import texts from 'embedded:texts';
import control from '../../../modules/bridge/bridge.control.ts';
import { compile } from '../../../src/compiler/compile.ts';
import type { Diagnostic } from '../../../src/compiler/diagnostics/diagnostic.ts';
import { type LoadedModule, loadedModule } from '../../../src/director/core/loaded-module.ts';
import type { Image } from '../../../src/image/image.ts';

export const ENTRY = 'modules/bridge/bridge.ts';
export const ORIGINAL = texts[ENTRY] ?? '';

export interface Bridge { readonly module: LoadedModule; readonly image: Image }

export interface CompiledBridge {
  readonly bridge?: Bridge;
  readonly diagnostics: readonly Diagnostic[];
  readonly tookMs: number;
}

export function compileBridge(source: string): CompiledBridge {
  const read = (path: string): string | undefined => path === ENTRY ? source : texts[path.replace(/^iovisor\//, 'src/lang/lib/')];
  const start = performance.now();
  const { image, diagnostics } = compile({ read, entry: ENTRY });
  const tookMs = performance.now() - start;
  return { ...(image && { bridge: { image, module: loadedModule(image, control) } }), diagnostics, tookMs };
}
