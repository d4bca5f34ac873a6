// The modules that the Director places: what planning needs of each, and the spec that each control function takes.
// They are pure data and pure functions; shell/modules.ts compiles them.

import type { Zone } from '../../../model/dns/zone.ts';
import type { PlanContents } from '../../../model/plan.ts';

export interface PlannedModule<Spec> {
  readonly imageHash: string;
  /** Exported maps whose contents are entries by key. */
  readonly keyed: readonly string[];
  readonly control: (spec: Spec) => PlanContents;
}

/** As modules/bridge/bridge.control.ts has it. */
export interface Segment {
  readonly stations: readonly { readonly mac: string; readonly addresses: readonly string[]; readonly port: number; readonly everywhere?: boolean; readonly guarded?: boolean }[];
  readonly unmanaged: readonly number[];
  readonly advert?: { readonly mac: string; readonly isRouter: boolean; readonly isManaged: boolean; readonly mtu: number; readonly subnets: readonly string[]; readonly dns?: readonly string[]; readonly domain?: string };
}

/** As modules/router/router.control.ts has it. */
export interface Routing {
  readonly interfaces: readonly { readonly mac: string; readonly ip4?: string; readonly ip6?: string; readonly mtu?: number; readonly outside?: boolean }[];
  readonly neighbors: readonly { readonly address: string; readonly mac: string; readonly port: number }[];
  readonly routes: readonly { readonly prefix: string; readonly via: readonly { readonly mac: string; readonly port: number }[]; readonly blackhole?: boolean }[];
}

/** As modules/firewall/firewall.control.ts has it. */
export interface Filtering {
  readonly members: readonly { readonly port: number; readonly in: FilterTiers; readonly out: FilterTiers }[];
  readonly addresses: readonly { readonly address: string; readonly identity: number }[];
  readonly sets: readonly { readonly number: number; readonly closed: boolean; readonly rules: readonly FilterRule[] }[];
  readonly epoch: { readonly rules?: number; readonly members?: number };
  readonly connections?: number;
  readonly lifetimes?: { readonly [state in 'opening' | 'open' | 'closing' | 'closed' | 'datagrams' | 'dialogue']?: number };
}
interface FilterTiers { readonly admin: number; readonly application: number; readonly baseline: number }
export interface FilterRule {
  readonly action: 'allow' | 'deny' | 'reject' | 'pass';
  readonly identities?: readonly number[];
  readonly cidr?: readonly string[];
  readonly except?: readonly string[];
  readonly ports?: readonly { readonly protocol: 'tcp' | 'udp' | 'icmp'; readonly ports?: readonly [number, number] }[];
  readonly hits: number;
}

/** As modules/dhcp/dhcp.control.ts has it. */
export interface Leasing {
  readonly server: { readonly mac: string; readonly address: string };
  readonly dns?: readonly string[];
  readonly domain?: string;
  readonly mtu?: number;
  readonly leaseSeconds?: number;
  readonly routes?: readonly { readonly to: string; readonly via: string }[];
  readonly leases: readonly {
    readonly port: number; readonly mac: string; readonly name?: string; readonly address6?: string;
    readonly four?: { readonly address: string; readonly prefixLength: number; readonly router?: string };
  }[];
}

/** As modules/dns/dns.control.ts has it. */
export interface Naming {
  readonly server: { readonly mac: string; readonly addresses: readonly string[] };
  readonly zone: Zone;
}

/** As modules/uplink/uplink.control.ts has it. */
export interface WayOut { readonly router: string; readonly addresses: readonly { readonly address: string; readonly speaks: boolean; readonly echoes: boolean }[] }

/** As modules/nat44/nat44.control.ts has it. */
export interface Translation {
  readonly address?: string;
  readonly ports?: { readonly first: number; readonly count: number };
  readonly fellows?: readonly { readonly first: number; readonly count: number; readonly port: number }[];
  readonly self?: number;
  readonly homes?: readonly { readonly address: string; readonly port: number }[];
  readonly oneToOne?: readonly { readonly inside: string; readonly outside: string }[];
  readonly masqueraded: readonly string[];
  readonly forwards: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly to: { readonly address: string; readonly port: number } }[];
}

/** By the name of the module's folder. */
export interface Modules {
  readonly bridge: PlannedModule<Segment>;
  readonly router: PlannedModule<Routing>;
  readonly firewall: PlannedModule<Filtering>;
  readonly dhcp: PlannedModule<Leasing>;
  readonly dns: PlannedModule<Naming>;
  readonly uplink: PlannedModule<WayOut>;
  readonly nat44: PlannedModule<Translation>;
}
