// A server's data path as the visor sees it: what was put stays, whoever dies. It carries no packet. The world can refuse and break things.

import { DatapathError, type Datapath, type DropCount, type ElementSpec, type EndpointSpec, type EngineName, type Observed, type PortCount, type PuntReader, type TunnelSpec, type Uids } from '../src/datapath/datapath.ts';
import { exclusive } from '../src/datapath/exclusive.ts';
import { specHash } from '../src/datapath/spec-hash.ts';

export class FakeDatapath implements Datapath {
  readonly engine: EngineName = 'vm';
  changes = 0;
  readonly lost = [];
  tunnel: TunnelSpec | undefined;
  readonly images = new Set<string>();
  readonly elements = new Map<string, ElementSpec>();
  readonly endpoints = new Map<string, EndpointSpec>();
  /** Endpoints whose namespace went away under us. */
  readonly broken = new Set<string>();
  /** Namespaces of workloads on this server; undefined: any. */
  namespaces: Set<string> | undefined;

  observe(only?: Uids): Observed {
    return {
      images: [...this.images],
      ...(this.tunnel ? { tunnel: this.tunnel } : {}),
      elements: [...this.elements.values()].filter(e => !only || only.elements.includes(e.uid)).map(e => ({ uid: e.uid, id: e.id, specHash: specHash(e), wires: e.wires })),
      endpoints: [...this.endpoints.values()].filter(e => !only || only.endpoints.includes(e.uid)).map(e => ({ uid: e.uid, specHash: specHash(e), alive: !this.broken.has(e.uid) })),
    };
  }

  putImage(hash: string): void {
    if (!this.images.has(hash)) this.changes++;
    this.images.add(hash);
  }

  putTunnel(spec: TunnelSpec): void {
    this.tunnel = spec;
    this.changes++;
  }

  losses(): readonly [] {
    return [];
  }

  putElement(spec: ElementSpec): void {
    if (!this.images.has(spec.imageHash)) throw new DatapathError(`image ${spec.imageHash} is not on this server`, { cure: 'put the image before the element' });
    if (spec.wires.some(w => w.to === 'tunnel') && !this.tunnel) throw new DatapathError('there is no tunnel device', { cure: 'put the tunnel before the element' });
    for (const other of this.elements.values()) if (other.uid !== spec.uid && other.id === spec.id) throw new DatapathError(`element id ${spec.id} belongs to ${other.uid}`, { cure: 'give another' });
    const mine = exclusive(spec.wires);
    for (const other of this.elements.values()) {
      const claim = other.uid === spec.uid ? undefined : [...exclusive(other.wires)].find(c => mine.has(c));
      if (claim !== undefined) throw new DatapathError(`${claim} is element ${other.uid}'s`, { cure: 'give each its own' });
    }
    this.elements.set(spec.uid, spec);
    this.changes++;
  }

  putEndpoint(spec: EndpointSpec): void {
    if (this.namespaces && !this.namespaces.has(spec.netns)) throw new DatapathError(`namespace ${spec.netns} is gone`, { cure: 'detach the endpoint' });
    this.endpoints.set(spec.uid, spec);
    this.broken.delete(spec.uid);
    this.changes++;
  }

  removeEndpoint(uid: string): void {
    if (this.endpoints.delete(uid)) this.changes++;
    this.broken.delete(uid);
  }

  removeElement(uid: string): void {
    if (this.elements.delete(uid)) this.changes++;
  }

  removeImage(hash: string): void {
    if (this.images.delete(hash)) this.changes++;
  }

  /** The world takes a namespace away. */
  lose(netns: string): void {
    this.namespaces?.delete(netns);
    for (const e of this.endpoints.values()) if (e.netns === netns) this.broken.add(e.uid);
  }

  /** It has no maps. */
  sweep(): void {}
  readPunts(): PuntReader { return { send: () => false, close() {} }; }
  punts(): readonly DropCount[] { return []; }
  drops(): readonly DropCount[] { return []; }
  ports(): readonly PortCount[] { return []; }
  counters(): readonly number[] { return []; }
  logs(): readonly [] { return []; }
  readTable(): ReturnType<Datapath['readTable']> { return { rows: [] }; }
  changeTable(): number { return 0; }
  checkTable(): readonly [] { return []; }
  close(): void {}

  destroy(): void {
    this.elements.clear();
    this.endpoints.clear();
    this.images.clear();
    this.tunnel = undefined;
  }
}
