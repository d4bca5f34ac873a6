// The data path of one server on any engine: the seam's operations, each led to the file of its subject.

import type { Image } from '../../image/image.ts';
import type { TableChange } from '../../image/tables.ts';
import {
  type Datapath, DatapathError, type DropCount, type ElementSpec, type EndpointSpec, type EngineName, type ModuleLog, type Observed, type PortCount, type Punted, type PuntReader, type StateLoss, type TableAsk, type TablePage, type TableRow, type TunnelSpec, type Uids,
} from '../datapath.ts';
import { counters, drops, ports } from './counts.ts';
import { elementOfRecord, elementRecord, elementRecords, standingHash } from './element-record.ts';
import { losses, putElement, removeElement } from './element.ts';
import { endpointRecord, endpointRecords, putEndpoint, removeEndpoint } from './endpoint.ts';
import type { Engine } from './engine.ts';
import { sweepExpired } from './expired.ts';
import { imageUsers, sweepImageMaps } from './image-maps.ts';
import { ModuleLogs } from './logs.ts';
import { puntCounts, Punts } from './punts.ts';
import { imageRecord, JOINTS_HASH, Server } from './server.ts';
import { sweep } from './sweep.ts';
import { changeTable, checkTable, readTable } from './tables.ts';
import { putTunnel, standingTunnel } from './tunnel.ts';

export class ComposedDatapath implements Datapath {
  readonly engine: EngineName;
  readonly #server: Server;
  readonly #punts: Punts;
  readonly #logs: ModuleLogs;

  constructor(engine: Engine) {
    this.engine = engine.name;
    this.#server = new Server(engine);
    this.#punts = new Punts(this.#server);
    this.#logs = new ModuleLogs(this.#server);
    sweep(this.#server);
  }

  get lost(): readonly string[] {
    return this.#server.engine.lost.flatMap(elementOfRecord).sort();
  }

  get changes(): number {
    return this.#server.changes;
  }

  observe(only?: Uids): Observed {
    const { engine } = this.#server;
    if (!only && engine.mend()) this.#server.changes++;
    const elements = only ? only.elements.flatMap(uid => elementRecord(engine.records, uid) ?? []) : elementRecords(engine.records);
    const endpoints = only ? only.endpoints.flatMap(uid => endpointRecord(engine.records, uid) ?? []) : endpointRecords(engine.records);
    const tunnel = standingTunnel(this.#server);
    return {
      images: this.#server.imageHashes(),
      ...(tunnel && { tunnel }),
      elements: elements.map(e => ({ uid: e.uid, id: e.id, specHash: standingHash(this.#server, e), wires: e.wires })),
      endpoints: endpoints.map(e => ({
        uid: e.spec.uid,
        specHash: e.jointsHash === JOINTS_HASH ? e.specHash : '',
        alive: engine.devices.endpoint(e.spec.uid) !== undefined,
      })),
    };
  }

  putImage(hash: string, image: Image): void {
    const { records } = this.#server.engine;
    if (records.get(imageRecord(hash)) !== undefined) return;
    records.put(imageRecord(hash), image);
    this.#server.changes++;
  }

  putTunnel(spec: TunnelSpec): void {
    putTunnel(this.#server, spec);
  }

  putElement(spec: ElementSpec): void {
    this.#punts.forget();
    this.#logs.forget();
    putElement(this.#server, spec);
  }

  losses(spec: ElementSpec): readonly StateLoss[] {
    return losses(this.#server, spec);
  }

  putEndpoint(spec: EndpointSpec): void {
    putEndpoint(this.#server, spec);
  }

  removeEndpoint(uid: string): void {
    removeEndpoint(this.#server, uid);
    this.#freeSlots();
  }

  removeElement(uid: string): void {
    this.#punts.forget();
    this.#logs.forget();
    removeElement(this.#server, uid);
    this.#freeSlots();
  }

  removeImage(hash: string): void {
    const users = imageUsers(this.#server, hash);
    if (users.length > 0) throw new DatapathError(`image ${hash} is in use by ${users.join(', ')}`, { cure: 'remove those elements first' });
    const { records } = this.#server.engine;
    if (records.get(imageRecord(hash)) === undefined) return;
    records.delete(imageRecord(hash));
    this.#server.changes++;
    sweepImageMaps(this.#server);
  }

  sweep(): void {
    sweepExpired(this.#server);
  }

  readPunts(hear: (punted: Punted) => void): PuntReader {
    return this.#punts.read(hear);
  }

  punts(): readonly DropCount[] {
    return puntCounts(this.#server);
  }

  drops(): readonly DropCount[] {
    return drops(this.#server);
  }

  ports(element: string): readonly PortCount[] {
    return ports(this.#server, element);
  }

  counters(element: string, exported: string): readonly number[] {
    return counters(this.#server, element, exported);
  }

  logs(): readonly ModuleLog[] {
    return this.#logs.take();
  }

  readTable(element: string, exported: string, ask: TableAsk): TablePage {
    return readTable(this.#server, element, exported, ask);
  }

  changeTable(element: string, exported: string, change: TableChange & { readonly seconds?: number | undefined }): number {
    return changeTable(this.#server, element, exported, change);
  }

  checkTable(element: string, exported: string, change: TableChange & { readonly seconds?: number | undefined }): readonly TableRow[] {
    return checkTable(this.#server, element, exported, change);
  }

  close(): void {
    this.#punts.close();
    this.#server.engine.close();
  }

  destroy(): void {
    this.#punts.close();
    this.#server.engine.destroy();
  }

  #freeSlots(): void {
    const { records } = this.#server.engine;
    const elements = elementRecords(records);
    this.#server.slots.keepOnly(new Set([
      ...elements.map(e => e.uid),
      ...elements.flatMap(e => e.wires.flatMap(w => (w.to === 'element' ? [w.element] : []))),
      ...elements.flatMap(e => [e.filter, e.around?.element, e.around?.inner, e.around?.outer].filter(uid => uid !== undefined)),
      ...endpointRecords(records).map(e => e.spec.element),
    ]));
  }
}
