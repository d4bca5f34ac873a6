// The endpoints of a network of the Director's model become the leases of its DHCP server.

import type { Contents } from 'iovisor/control';
import { linkLocalOf, parseAddress } from '../../src/model/address.ts';
import type * as dhcp from './dhcp.ts';

export interface Leasing {
  /** The server's own addresses; no machine has them, unless a router that needs no DHCP of its own. */
  readonly server: { readonly mac: string; readonly address: string };
  /** Three of a family at most. */
  readonly dns?: readonly string[];
  /** 64 letters at most. */
  readonly domain?: string;
  readonly mtu?: number;
  readonly leaseSeconds?: number;
  /** Of IPv4, 8 at most. */
  readonly routes?: readonly { readonly to: string; readonly via: string }[];
  /** Endpoints of this server. `name`: 63 letters at most. */
  readonly leases: readonly Lease[];
}
interface Lease {
  readonly port: number;
  readonly mac: string;
  readonly name?: string;
  readonly four?: { readonly address: string; readonly prefixLength: number; readonly router?: string };
  readonly address6?: string;
}

const Option = { Dns: 6, HostName: 12, DomainName: 15, Routes: 121 } as const;
const Option6 = { Dns: 23, Domains: 24 } as const;
const NONE = '0.0.0.0';
const FOREVER = 0xffff_ffff;

export default function control({ server, dns = [], domain = '', mtu = 1450, leaseSeconds = 86400, routes = [], leases }: Leasing): Contents<typeof dhcp> {
  const four = dns.filter(a => !a.includes(':')), six = dns.filter(a => a.includes(':'));
  const options = [...option6(Option6.Dns, six.flatMap(ip6)), ...option6(Option6.Domains, labels(domain))];
  const part = (share: number): number => leaseSeconds === FOREVER ? FOREVER : Math.floor(leaseSeconds * share);
  return {
    leases: leases.map(({ port, mac, name = '', four: { address = NONE, prefixLength = 0, router = NONE } = {}, address6 = '::' }) => {
      const told = classless(routes, router);
      return [port, {
        mac, address, mask: maskOf(prefixLength), router, hostTag: tagOf(Option.HostName, name.length), host: text(name, 63),
        routesTag: tagOf(Option.Routes, told.length), routes: padded(told, 80), address6,
      }];
    }),
    settings: {
      mac: server.mac, server: server.address, mtu, leaseSeconds,
      dnsTag: tagOf(Option.Dns, 4 * four.length), dns: four[0] ?? NONE, dns2: four[1] ?? NONE, dns3: four[2] ?? NONE,
      domainTag: tagOf(Option.DomainName, domain.length), domain: text(domain, 64),
    },
    server6: {
      mac: server.mac, link: linkLocalOf(server.mac), leaseSeconds, renewSeconds: part(0.5), rebindSeconds: part(0.8),
      length: options.length, options: padded(options, 128),
    },
  };
}

/** RFC 3442; clients that take it take no router from elsewhere, so that is among them. */
function classless(routes: NonNullable<Leasing['routes']>, router: string): number[] {
  if (routes.length === 0) return [];
  const all = router === NONE ? routes : [...routes, { to: '0.0.0.0/0', via: router }];
  return all.flatMap(({ to, via }) => {
    const [prefix = NONE, bits = '32'] = to.split('/');
    return [Number(bits), ...ip4(prefix).slice(0, Math.ceil(Number(bits) / 8)), ...ip4(via)];
  });
}

/** Code and length; an option of no bytes is padding. */
function tagOf(code: number, bytes: number): number {
  return bytes === 0 ? 0 : code << 8 | bytes;
}

function option6(code: number, value: readonly number[]): number[] {
  return value.length === 0 ? [] : [code >> 8, code & 0xff, value.length >> 8, value.length & 0xff, ...value];
}

/** RFC 1035 3.1. */
function labels(domain: string): number[] {
  return domain === '' ? [] : [...domain.split('.').flatMap(label => [label.length, ...ascii(label)]), 0];
}

function ascii(letters: string): number[] {
  return Array.from(letters, letter => letter.charCodeAt(0));
}

function ip4(address: string): number[] {
  return address.split('.').map(Number);
}

function ip6(address: string): number[] {
  const { value } = parseAddress(address)!;
  return Array.from({ length: 16 }, (_, i) => Number(value >> BigInt(8 * (15 - i)) & 0xffn));
}

function text(letters: string, bytes: number): Uint8Array {
  return padded(ascii(letters), bytes);
}

function padded(list: readonly number[], bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => list[i] ?? 0);
}

function maskOf(bits: number): string {
  const mask = bits === 0 ? 0 : 0xffff_ffff << 32 - bits;
  return [24, 16, 8, 0].map(shift => mask >>> shift & 0xff).join('.');
}
