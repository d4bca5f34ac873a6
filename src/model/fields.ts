// Schemas of the values that several kinds share: names, labels, addresses. Valid text is brought to its canonical form.

import { z } from 'zod';
import { formatAddress, formatPrefix, hostPrefix, isMulticastMac, isV6, networkOf, parseAddress, parseMac, parsePrefix, stationRange } from './address.ts';
import { formatUpstream, parseUpstream } from './dns/upstream.ts';

const MAX_LABELS = 64;
export const MAX_SUBNETS = 16;
export const MAX_ADDRESSES = 32;
/** Interfaces of modules/router, less the one that is never used. */
export const MAX_ROUTER_NETWORKS = 63;
export const MAX_RULES = 1024;
/** Of policies in their tier. */
export const MAX_PRIORITY = 1000;
/** Of an endpoint, and seconds that they live: what modules/firewall counts with. */
export const DEFAULT_CONNECTIONS = 65_536;
export const MAX_CONNECTIONS = 65_536;
export const MAX_LIFETIME_SECONDS = 8000;
export const MAX_ROUTES = 4096;
/** Room of modules/bridge for addresses of a network, and of modules/router for those of all its networks and for different ways: some of it is for their own. */
export const MAX_NETWORK_ADDRESSES = 40_000;
export const MAX_ROUTER_ADDRESSES = 65_000;
export const MAX_ROUTER_HOPS = 8_000;
/** Equal ways of one route. */
export const MAX_VIA = 16;
/** Of a family: places in the answer of modules/dhcp. */
export const MAX_DHCP_DNS = 3;
/** What 80 bytes of an answer hold, with the one by the router. */
export const MAX_DHCP_ROUTES = 8;
export const MAX_RULE_PORTS = 64;
export const MAX_RULE_PREFIXES = 256;
export const MAX_FORWARDS = 256;
export const MAX_DNS_UPSTREAMS = 4;
export const MAX_DNS_RECORDS = 4096;
export const MAX_DNS_ADDRESSES = 256;
export const MAX_DNS_SERVICES = 256;
/** Each has a block of ports of every address that is translated to. */
export const MAX_GATEWAY_SERVERS = 16;
/** Twice what a visor takes from one report to the next, and more. */
export const MIN_FAILOVER_SECONDS = 5;
/** Longer than a visor takes to restart: what a server carries whose visor alone is away goes on, and would be cut for nothing. */
export const DEFAULT_FAILOVER_SECONDS = 30;
/** Of a network on a server. */
export const MAX_LEASES = 64;
export const MAX_ONE_TO_ONE = 256;
/** Of 802.1Q; 0 and 4095 are none. */
export const MAX_VLAN = 4094;
export const MAX_VNI = 0xff_ffff;

export const name = z.string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "is not a name: 1 to 63 of a-z, 0-9 and '-', which neither begins nor ends it")
  .meta({ description: 'a-z, 0-9 and -, at most 63' });

const labelText = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/, "is not a label: 1 to 63 of letters, digits, '.', '_', '/' and '-'");

export const labels = z.record(labelText, labelText)
  .refine(l => Object.keys(l).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`)
  .meta({ description: 'labels, by which policies select' });

export const address = z.string()
  .refine(t => parseAddress(t) !== undefined, 'is not an address, such as 10.1.1.2 or fd00::2 (without a prefix length)')
  .overwrite(t => { const a = parseAddress(t); return a ? formatAddress(a) : t; })
  .meta({ description: 'IPv4 or IPv6 address' });

export const subnet = z.string()
  .superRefine((text, ctx) => {
    const prefix = parsePrefix(text);
    if (!prefix) ctx.addIssue({ code: 'custom', message: 'is not a subnet, such as 10.1.1.0/24 or fd00:1::/64' });
    else if (networkOf(prefix).value !== prefix.value) {
      ctx.addIssue({ code: 'custom', message: `is an address inside a subnet; write ${formatPrefix(networkOf(prefix))}` });
    }
  })
  .overwrite(t => { const p = parsePrefix(t); return p ? formatPrefix(p) : t; })
  .meta({ description: 'IPv4 or IPv6 subnet with its prefix length' });

/** Bits behind the prefix are kept. */
export const addressWithLength = z.string()
  .superRefine((text, ctx) => {
    const prefix = parsePrefix(text);
    const range = prefix && text.includes('/') ? stationRange(prefix) : undefined;
    if (!prefix || !range) ctx.addIssue({ code: 'custom', message: 'is not an address with its prefix length, such as 198.51.100.2/24 or 2001:db8::2/64' });
    else if (prefix.value < range.first || prefix.value > range.last) ctx.addIssue({ code: 'custom', message: 'is the first or last address of its subnet; no station may have it' });
  })
  .overwrite(t => { const p = parsePrefix(t); return p ? formatPrefix(p) : t; })
  .meta({ description: 'IPv4 or IPv6 address with the length of its subnet' });

export const device = z.string()
  .regex(/^[A-Za-z0-9_.-]{1,15}$/, 'is not the name of a device, such as eth1')
  .meta({ description: 'a network device of the server, as `ip link` names it' });

/** Bits behind the prefix are cleared. */
export const prefix = z.string()
  .refine(t => parsePrefix(t) !== undefined, 'is not a prefix, such as 192.0.2.0/24 or 2001:db8::/32')
  .overwrite(t => { const p = parsePrefix(t); return p ? formatPrefix(networkOf(p)) : t; })
  .meta({ description: 'IPv4 or IPv6 addresses by their prefix' });

export const prefix4 = prefix
  .refine(t => !isV6(t), 'is not an IPv4 prefix, such as 192.0.2.0/24')
  .meta({ description: 'IPv4 addresses by their prefix' });
/** An address without a length is a prefix of all of its bits. */
const whole = (text: string): string => { const a = parseAddress(text); return a ? hostPrefix(formatAddress(a)) : text; };
export const addressOrPrefix = z.string().overwrite(whole)
  .refine(t => parsePrefix(t) !== undefined, 'is not an address or a prefix, such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32')
  .overwrite(t => { const p = parsePrefix(t); return p ? formatPrefix(networkOf(p)) : t; })
  .meta({ description: 'IPv4 or IPv6 address, or addresses by their prefix' });

export const mac = z.string()
  .superRefine((text, ctx) => {
    const parsed = parseMac(text);
    if (parsed === undefined) ctx.addIssue({ code: 'custom', message: 'is not a MAC address, such as 02:00:00:00:00:01' });
    else if (isMulticastMac(parsed)) ctx.addIssue({ code: 'custom', message: 'is a multicast MAC address; a station has an individual one (first byte even)' });
    else if (parsed === '00:00:00:00:00:00') ctx.addIssue({ code: 'custom', message: 'is the zero MAC address' });
  })
  .overwrite(t => parseMac(t) ?? t)
  .meta({ description: 'MAC address' });

export const address4 = address
  .refine(t => !isV6(t), 'is not an IPv4 address')
  .meta({ description: 'IPv4 address' });

/** As resolvers append it. */
export const domainName = z.string()
  .regex(/^(?=.{1,64}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, 'is not a domain name of at most 64 letters, such as shop.example')
  .meta({ description: 'domain name' });

/** Within a zone; `_` begins the labels of services. */
export const hostNames = z.string()
  .regex(/^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*$/, "is not a name within a zone, such as printer or www.web: labels of at most 63 of a-z, 0-9, '-' and '_', with dots between them")
  .meta({ description: 'name before that of the zone' });

export const serviceName = z.string()
  .regex(/^_[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?\._(tcp|udp|sctp)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, "is not the name of a service, such as _http._tcp or _ldap._tcp.office")
  .meta({ description: 'name of a service before that of the zone (RFC 2782)' });

export const upstream = z.string()
  .refine(t => parseUpstream(t) !== undefined, 'is not a resolver, such as 192.0.2.53, 2001:db8::53, 192.0.2.53:5353 or [2001:db8::53]:5353')
  .overwrite(t => { const u = parseUpstream(t); return u ? formatUpstream(u) : t; })
  .meta({ description: 'address of a resolver, with its port if that is not 53' });

export const mtu = z.int().min(1280).max(65535).meta({ description: 'bytes of an IP packet' });
export const vni = z.int().min(1).max(MAX_VNI).meta({ description: 'VXLAN network identifier' });
