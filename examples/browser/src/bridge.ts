// The bridge's source → a module that can be planned and run, with the time it took, or diagnostics; and the router, as it is.

import texts from 'embedded:texts';
import bridgeControl from '../../../modules/bridge/bridge.control.ts';
import routerControl from '../../../modules/router/router.control.ts';
import { compile, type Compiled } from '../../../src/compiler/compile.ts';
import type { Diagnostic } from '../../../src/compiler/diagnostics/diagnostic.ts';
import type { Routing, Segment } from '../../../src/director/core/elements/modules.ts';
import { type LoadedModule, loadedModule } from '../../../src/director/core/loaded-module.ts';
import type { Image } from '../../../src/image/image.ts';

export const ENTRY = 'modules/bridge/bridge.ts';
export const ORIGINAL = texts[ENTRY] ?? '';

export interface Bridge { readonly module: LoadedModule<Segment>; readonly image: Image }

export interface CompiledBridge {
  readonly bridge?: Bridge;
  readonly diagnostics: readonly Diagnostic[];
  readonly tookMs: number;
}

export function compileBridge(source: string): CompiledBridge {
  const start = performance.now();
  const { image, diagnostics } = compiled(ENTRY, source);
  const tookMs = performance.now() - start;
  return { ...(image && { bridge: { image, module: loadedModule(image, bridgeControl) } }), diagnostics, tookMs };
}

export function compileRouter(): LoadedModule<Routing> {
  const { image } = compiled('modules/router/router.ts');
  if (!image) throw new Error('the router of this package does not compile');
  return loadedModule(image, routerControl);
}

function compiled(entry: string, source = texts[entry] ?? ''): Compiled {
  return compile({ read: path => path === entry ? source : texts[path.replace(/^iovisor\//, 'src/lang/lib/')], entry });
}
