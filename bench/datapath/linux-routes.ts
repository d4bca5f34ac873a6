// What Linux has for routed ways: routing, nftables with connection tracking and its rules, masquerade; and Docker's bridge, which is bridged and
// passes rules of IPv4. Rules are the best form of each: what is established is accepted first.

import { addAddress } from '../../src/netlink/addresses.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { createVeth, indexOf } from '../../src/netlink/links.ts';
import { addRoute } from '../../src/netlink/routes.ts';
import { writeSysctl } from '../../src/netlink/sysctl.ts';
import { runIn } from './command.ts';
import { bridge } from './linux-paths.ts';
import { DEVICE, MTU, type Path, PORTS, PREFIX_LENGTH, quietNamespace, RECEIVER, SENDER, STATIONS } from './path.ts';
import { attach } from './wiring.ts';

export const ROUTING = 'Linux routing';
export const NFT_LINEAR = 'routing + nftables, 10 rules in line';
export const NFT_MAP = 'routing + nftables, map of 10 000';
export const NFT_MASQUERADE = 'routing + nftables masquerade';
export const DOCKER = "Docker's bridge";

const nothing = (): void => undefined;
/** Router's ends, as the workloads see them. */
const NEAR = { mac: '02:00:00:00:00:0a', ip: '10.77.1.254', net: '10.77.1.1' } as const;
const FAR = { mac: '02:00:00:00:00:0b', ip: '10.77.2.254', net: '10.77.2.1' } as const;
const MAP_ENTRIES = 10_000;

/** `knows`: whether the receiver has a way back to the sender's network. */
function routed(name: string, label: string, knows: 'the way back' | 'only its own network'): Path {
  const [server, sender, receiver] = ['h', 's', 'r'].map(end => quietNamespace(`${label}-${end}`)) as [string, string, string];
  writeSysctl(server, 'net/ipv4/ip_forward', 1);
  for (const [port, side, netns, mac] of [['port1', NEAR, sender, SENDER.mac], ['port2', FAR, receiver, RECEIVER.mac]] as const) {
    using here = new Netlink({ netns: server });
    createVeth(here, { name: port, mtu: MTU, mac: side.mac, state: 'up' }, { name: DEVICE, mtu: MTU, mac, netns, state: 'up' });
    addAddress(here, indexOf(here, port), `${side.ip}/${PREFIX_LENGTH}`);
    using there = new Netlink({ netns });
    addAddress(there, indexOf(there, DEVICE), `${side.net}/${PREFIX_LENGTH}`);
    if (side === NEAR || knows === 'the way back') addRoute(there, { destination: '0.0.0.0/0', via: side.ip });
  }
  return {
    name, sender, receiver, from: { mac: SENDER.mac, ip: NEAR.net }, to: { mac: NEAR.mac, ip: FAR.net },
    firstHop: { netns: server, device: 'port1' }, close: nothing,
  };
}

export function routing(): Path {
  return routed(ROUTING, 'route', 'the way back');
}

export function nftables(form: 'linear' | 'map'): Path {
  const path = routed(form === 'linear' ? NFT_LINEAR : NFT_MAP, `nft-${form}`, 'the way back');
  const others = (count: number): string[] => Array.from({ length: count }, (_, i) => `tcp . ${10_000 + i}`);
  const [map, rules] = form === 'linear'
    ? ['', [...others(8).map(text => `tcp dport ${text.split(' ')[2]} accept`), `tcp dport ${PORTS.server} accept`, `udp dport ${PORTS.frames} accept`].join('\n')]
    : [`map rules { type inet_proto . inet_service : verdict
        elements = { ${[...others(MAP_ENTRIES - 2), `tcp . ${PORTS.server}`, `udp . ${PORTS.frames}`].map(key => `${key} : accept`).join(', ')} } }`, 'meta l4proto . th dport vmap @rules'];
  load(path, `table ip filter {
    ${map}
    chain forward {
      type filter hook forward priority filter; policy drop;
      ct state established,related accept
      ${rules}
    }
  }`);
  return path;
}

export function masquerade(): Path {
  const path = routed(NFT_MASQUERADE, 'nft-nat', 'only its own network');
  load(path, `table ip nat {
    chain postrouting {
      type nat hook postrouting priority srcnat; policy accept;
      oifname "port2" masquerade
    }
  }`);
  return path;
}

function load({ firstHop: { netns } }: Path, rules: string): void {
  runIn(netns, 'nft', ['-f', '-'], rules);
}

/** Two containers on one network. The rules are those that dockerd 20.10 writes for its default bridge, by the same program. */
export function dockerBridge(): Path {
  const [server, sender, receiver] = ['docker-h', 'docker-s', 'docker-r'].map(quietNamespace) as [string, string, string];
  attach(server, 'port1', { netns: sender, ...SENDER });
  attach(server, 'port2', { netns: receiver, ...RECEIVER });
  bridge(server, ['port1', 'port2'], 'filtered');
  writeSysctl(server, 'net/ipv4/ip_forward', 1);
  const network = `${SENDER.ip.replace(/\d+$/, '0')}/${PREFIX_LENGTH}`;
  for (const rule of `
    -t nat -N DOCKER
    -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
    -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
    -t nat -A POSTROUTING -s ${network} ! -o br0 -j MASQUERADE
    -t nat -A DOCKER -i br0 -j RETURN
    -P FORWARD DROP
    -N DOCKER
    -N DOCKER-ISOLATION-STAGE-1
    -N DOCKER-ISOLATION-STAGE-2
    -N DOCKER-USER
    -A FORWARD -j DOCKER-USER
    -A FORWARD -j DOCKER-ISOLATION-STAGE-1
    -A FORWARD -o br0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A FORWARD -o br0 -j DOCKER
    -A FORWARD -i br0 ! -o br0 -j ACCEPT
    -A FORWARD -i br0 -o br0 -j ACCEPT
    -A DOCKER-ISOLATION-STAGE-1 -i br0 ! -o br0 -j DOCKER-ISOLATION-STAGE-2
    -A DOCKER-ISOLATION-STAGE-1 -j RETURN
    -A DOCKER-ISOLATION-STAGE-2 -o br0 -j DROP
    -A DOCKER-ISOLATION-STAGE-2 -j RETURN
    -A DOCKER-USER -j RETURN`.trim().split('\n')) runIn(server, 'iptables', rule.trim().split(/\s+/));
  return { name: DOCKER, sender, receiver, ...STATIONS, firstHop: { netns: server, device: 'port1' }, close: nothing };
}
