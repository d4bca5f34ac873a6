// The bridge's source → a module that can be planned and run, with the time it took, or diagnostics; and the other modules, as they are.

import texts from 'embedded:texts';
import bridgeControl from '../../../modules/bridge/bridge.control.ts';
import dhcpControl from '../../../modules/dhcp/dhcp.control.ts';
import dnsControl from '../../../modules/dns/dns.control.ts';
import firewallControl from '../../../modules/firewall/firewall.control.ts';
import natControl from '../../../modules/nat44/nat44.control.ts';
import routerControl from '../../../modules/router/router.control.ts';
import uplinkControl from '../../../modules/uplink/uplink.control.ts';
import { compile, type Compiled } from '../../../src/compiler/compile.ts';
import type { Diagnostic } from '../../../src/compiler/diagnostics/diagnostic.ts';
import type { Segment } from '../../../src/director/core/elements/modules.ts';
import { type LoadedModule, type LoadedModules, loadedModule } from '../../../src/director/core/loaded-module.ts';
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

/** What else the Director may place. */
export function compileRest(): Omit<LoadedModules, 'bridge'> {
  return {
    router: loadedModule(imageOf('router'), routerControl), firewall: loadedModule(imageOf('firewall'), firewallControl), dhcp: loadedModule(imageOf('dhcp'), dhcpControl),
    dns: loadedModule(imageOf('dns'), dnsControl), uplink: loadedModule(imageOf('uplink'), uplinkControl), nat44: loadedModule(imageOf('nat44'), natControl),
  };
}

function imageOf(name: string): Image {
  const { image } = compiled(`modules/${name}/${name}.ts`);
  if (!image) throw new Error(`the ${name} of this package does not compile`);
  return image;
}

function compiled(entry: string, source = texts[entry] ?? ''): Compiled {
  return compile({ read: path => path === entry ? source : texts[path.replace(/^iovisor\//, 'src/lang/lib/')], entry, walks: true });
}
