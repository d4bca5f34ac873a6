// A module's folder → what planning and visors need of it: its image, and its control function. The only door from the Director to the compiler.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../compiler/compile.ts';
import { formatDiagnostic } from '../../compiler/diagnostics/diagnostic.ts';
import { packageRoot } from '../../sys/package-root.ts';
import { type LoadedModule, type LoadedModules, loadedModule } from '../core/loaded-module.ts';
import { StartRefused } from './refused.ts';

/** Compiles `modules/NAME/NAME.ts` of this package, and takes its control function, for all that the Director places. @throws StartRefused: it does not compile. */
export async function loadModules(): Promise<LoadedModules> {
  return {
    bridge: await loadModule('bridge'), router: await loadModule('router'), firewall: await loadModule('firewall'), dhcp: await loadModule('dhcp'),
    dns: await loadModule('dns'), uplink: await loadModule('uplink'), nat44: await loadModule('nat44'),
  };
}

async function loadModule<Spec>(name: string): Promise<LoadedModule<Spec>> {
  const read = (path: string): string | undefined => {
    const file = join(packageRoot, path.replace(/^iovisor\//, 'src/lang/lib/'));
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const { image, diagnostics } = compile({ read, entry: `modules/${name}/${name}.ts`, walks: true });
  if (!image) throw new StartRefused(`module ${name} does not compile:\n${diagnostics.map(formatDiagnostic).join('\n')}`, 'mend the module, or install iovisor again');
  const { default: control } = await import(controlOf(name)) as { readonly default: (spec: Spec) => unknown };
  return loadedModule(image, control);
}

/** Beside this file's own kind: TypeScript in a checkout, JavaScript in the published package. */
function controlOf(name: string): string {
  const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`../../../modules/${name}/${name}.control.${kind}`, import.meta.url).href;
}
