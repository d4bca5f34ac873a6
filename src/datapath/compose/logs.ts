// What modules log in networks: every line may say a few things a second, whoever reads them or nobody; what is beyond is counted. Records are taken off
// their rings often, and kept by whoever asks.

import { creditBytes, readLogged, unsaidBy, unsaidSince } from '../../image/logs.ts';
import type { Image, Logs } from '../../image/image.ts';
import { u32Bytes } from '../../image/live-map.ts';
import type { ModuleLog } from '../datapath.ts';
import { ownMap } from './element-maps.ts';
import { elementRecords, type ElementRecord } from './element-record.ts';
import type { PinnedMap } from './engine.ts';
import { ownName, type Server } from './server.ts';

/** Of one line of one element. */
export const LOGGED_A_SECOND = 5;

interface Logging { readonly uid: string; readonly image: Image & { readonly logs: Logs }; readonly ring: PinnedMap; readonly credit: PinnedMap; readonly unsaid: PinnedMap; readonly pin: string }

export class ModuleLogs {
  readonly #server: Server;
  #elements: readonly Logging[] | undefined;
  /** Of elements that are about to change. */
  #taken: ModuleLog[] = [];
  /** By the pin of their map: what was counted the last time. */
  readonly #unsaid = new Map<string, readonly number[]>();
  #renewed: bigint | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Elements change: what they said until now is kept, by their images of now. */
  forget(): void {
    this.#drain();
    this.#elements = undefined;
  }

  take(): readonly ModuleLog[] {
    this.#elements ??= this.#logging();
    this.#drain();
    // Most servers have none, and need no clock.
    if (this.#elements.length > 0) this.#renewAll(this.#elements);
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  #renewAll(elements: readonly Logging[]): void {
    const { engine } = this.#server;
    const now = engine.jiffies();
    if (this.#renewed !== undefined && now - this.#renewed < BigInt(engine.hz)) return;
    this.#renewed = now;
    for (const element of elements) this.#renew(element);
  }

  #drain(): void {
    for (const { uid, image, ring } of this.#elements ?? []) {
      for (const record of this.#server.engine.drain(ring)) {
        const said = readLogged(image, record);
        if (said) this.#taken.push({ element: uid, ...said });
      }
    }
  }

  #renew({ uid, image, credit, unsaid, pin }: Logging): void {
    const counts = unsaidBy(image.logs, unsaid.live);
    const before = this.#unsaid.get(pin) ?? counts;
    this.#unsaid.set(pin, counts);
    credit.live.update(u32Bytes(0), creditBytes(image.logs, LOGGED_A_SECOND));
    for (const { unsaid: more, ...place } of unsaidSince(image, before, counts)) this.#taken.push({ element: uid, ...place, text: '', unsaid: more });
  }

  #logging(): Logging[] {
    const found = elementRecords(this.#server.engine.records).flatMap(record => this.#loggingOf(record) ?? []);
    const pins = new Set(found.map(f => f.pin));
    for (const pin of this.#unsaid.keys()) if (!pins.has(pin)) this.#unsaid.delete(pin);
    for (const { pin, image, unsaid } of found) if (!this.#unsaid.has(pin)) this.#unsaid.set(pin, unsaidBy(image.logs, unsaid.live));
    return found;
  }

  #loggingOf(record: ElementRecord): Logging | undefined {
    const image = this.#server.image(record.imageHash);
    const { logs } = image;
    if (!logs) return undefined;
    const own = (index: number): string => ownName(image.maps[index]!);
    const [ring, credit, unsaid] = [logs.ring, logs.credit, logs.unsaid].map(index => ownMap(this.#server, record, own(index)));
    return ring && credit && unsaid && { uid: record.uid, image: { ...image, logs }, ring, credit, unsaid, pin: record.maps[own(logs.unsaid)]!.pin };
  }
}
