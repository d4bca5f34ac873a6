// Services and their backends become rings, one a service: each backend fills the slots that it likes best, in turn
// (Eisenbud et al., section 3.4). A backend that goes or comes moves few slots of the others.

import type { Contents } from 'iovisor/control';
import type * as maglev from './maglev.ts';

const RING = 4093;
const PROTOCOLS = { tcp: 6, udp: 17 } as const;

export interface Balancing {
  /** Our ends, and the largest packet that the network between takes. */
  readonly tunnel: { readonly source: string; readonly source6: string; readonly mtu: number };
  readonly backends: readonly { readonly name: string; readonly address: string }[];
  readonly services: readonly { readonly address: string; readonly port: number; readonly protocol: keyof typeof PROTOCOLS; readonly backends: readonly string[] }[];
}

export default function control({ tunnel, backends, services }: Balancing): Contents<typeof maglev> {
  const index = new Map(backends.map(({ name }, i) => [name, i]));
  return {
    tunnel,
    backends: backends.map(({ address }) => ({ address })),
    services: services.map(({ address, port, protocol, backends: names }) =>
      [{ address, port, protocol: PROTOCOLS[protocol] }, ringOf(names.filter(name => index.has(name))).map(name => index.get(name) ?? NOBODY)]),
  };
}

/** No backend has this index: a service without any drops its packets. */
const NOBODY = 0xffff_ffff;

function ringOf(names: readonly string[]): string[] {
  const ring = new Array<string>(RING).fill('');
  const turns = [...names].sort().map(name => ({ name, offset: hashOf(name, 1) % RING, skip: hashOf(name, 2) % (RING - 1) + 1, next: 0 }));
  for (let filled = 0; turns.length > 0;) {
    for (const turn of turns) {
      let slot = (turn.offset + turn.next++ * turn.skip) % RING;
      while (ring[slot] !== '') slot = (turn.offset + turn.next++ * turn.skip) % RING;
      ring[slot] = turn.name;
      if (++filled === RING) return ring;
    }
  }
  return ring;
}

/** FNV-1a. */
function hashOf(text: string, seed: number): number {
  let hash = 0x811c_9dc5 ^ seed;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 0;
}
