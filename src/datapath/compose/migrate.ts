// State of an element whose maps change: what packets wrote goes over into the maps of the new form, by name and field (image/migrate.ts).
//
// Once before the switch, so that the new program finds it, and once more behind it, for what the old program wrote meanwhile. What the new
// program has changed since then is never overwritten.

import { isZero, sameBytes } from '../../image/bytes.ts';
import { hex } from '../../image/hex.ts';
import { ownKey, ownValue, wholeKey, wholeValue } from '../../image/hidden.ts';
import type { Image, MapDecl } from '../../image/image.ts';
import { isRefusal, u32Of } from '../../image/live-map.ts';
import { type Migration, migrationOf, stateMaps } from '../../image/migrate.ts';
import { mapOf, ownMap } from './element-maps.ts';
import type { ElementRecord, Prior } from './element-record.ts';
import type { PinnedMap } from './engine.ts';
import { pinOf } from './image-maps.ts';
import { ownName, type Server } from './server.ts';
import { keysOf } from './written.ts';

/** One map of an earlier form, and the one that its entries go to. */
interface Transfer {
  readonly from: { readonly map: PinnedMap; readonly decl: MapDecl; readonly element: number };
  readonly to: { readonly map: PinnedMap; readonly decl: MapDecl; readonly element: number };
  readonly how: Migration & { readonly kind: 'same' | 'convert' };
  /** Keys that control wrote: it writes them again. */
  readonly control: ReadonlySet<string>;
  /** As they were at the first look, by key. */
  readonly seen: Map<string, Moved>;
}
interface Moved { readonly old: Uint8Array; readonly key: Uint8Array; readonly value: Uint8Array }

/** Of each map of the image that packets write into: what becomes of what an earlier form has in it. */
function pairs(image: Image, earlier: Image): { readonly after: MapDecl; readonly before: MapDecl; readonly how: Migration }[] {
  return stateMaps(image).flatMap(after => {
    const before = stateMaps(earlier).find(d => d.name === after.name);
    return before ? [{ after, before, how: migrationOf(before, after) }] : [];
  });
}

/** From the forms before, the newest first: a crash may have left state in more than one. */
export class Transfers {
  readonly #list: readonly Transfer[];
  readonly #server: Server;

  constructor(server: Server, planned: ElementRecord, image: Image) {
    this.#server = server;
    this.#list = (planned.prior ?? []).filter(prior => !prior.stale).flatMap(prior => pairs(image, server.image(prior.imageHash)).flatMap(({ after, before, how }): Transfer[] => {
      const source = heldBy(server, prior, server.image(prior.imageHash), before);
      const target = mapOf(server, planned, image, after);
      if (how.kind === 'lost' || !source || !target || (source.handle === target.handle && prior.id === planned.id)) return [];
      return [{
        from: { map: source, decl: before, element: prior.id }, to: { map: target, decl: after, element: planned.id }, how,
        control: keysOf(prior.written[before.name]), seen: new Map(),
      }];
    }));
  }

  /** Before the switch. `idle`: nobody writes the new maps yet, and what a crash left there may be old. `live`: they are in use, for a crash came behind the switch. */
  first(target: 'idle' | 'live'): void {
    const brought = new Set<string>();
    for (const transfer of this.#list) for (const [id, moved] of entriesOf(transfer)) {
      transfer.seen.set(id, moved);
      const place = `${transfer.to.map.handle} ${hex(moved.key)}`;
      if (brought.has(place)) continue;
      brought.add(place);
      this.#bring(transfer, moved, target === 'idle' ? 'whatever' : undefined);
    }
  }

  /** Behind it. */
  second(): void {
    for (const transfer of this.#list) {
      const left = new Map(transfer.seen);
      for (const [id, moved] of entriesOf(transfer)) {
        left.delete(id);
        const before = transfer.seen.get(id);
        if (!before || !sameBytes(before.old, moved.old)) this.#bring(transfer, moved, before);
      }
      // What the old program has deleted.
      for (const { key, value } of left.values()) {
        const now = transfer.to.map.live.lookup(key);
        if (now && sameBytes(now, value)) this.#server.erase(transfer.to.map, key);
      }
    }
  }

  /** Only into an empty place, or in the place of what was brought there `before`. */
  #bring({ to: { map, decl } }: Transfer, { key, value }: Moved, before: Moved | 'whatever' | undefined): void {
    const now = map.live.lookup(key);
    const isArray = decl.kind === 'array' || decl.kind === 'percpu-array';
    const isOurs = now === undefined || before === 'whatever' || (before ? sameBytes(now, before.value) : isArray && isZero(now));
    if (!isOurs || (now && sameBytes(now, value))) return;
    try {
      map.live.update(key, value, now ? 'any' : 'new');
      this.#server.changes++;
    } catch (error) {
      // A packet was faster, or the new map has less room.
      if (!isRefusal(error, 'EEXIST', 'E2BIG', 'ENOSPC')) throw error;
    }
  }
}

/** The map of an earlier form, if it is still there. */
function heldBy(server: Server, prior: Prior, image: Image, decl: MapDecl): PinnedMap | undefined {
  return decl.scope === 'image' ? server.existing(pinOf(image, decl)) : ownMap(server, prior, ownName(decl));
}

function* entriesOf({ from, to, how, control }: Transfer): Generator<readonly [string, Moved]> {
  const convert = (bytes: Uint8Array, which: 'key' | 'value'): Uint8Array => how.kind === 'same' ? bytes : how[which].convert(bytes);
  const isArray = from.decl.kind === 'array' || from.decl.kind === 'percpu-array';
  for (const [whole, old] of from.map.live.entries()) {
    const { element = from.element, key, bits } = ownKey(from.decl, whole);
    const id = hex(whole);
    if (element !== from.element || control.has(id) || (isArray && isZero(old))) continue;
    if (isArray && u32Of(key) >= to.decl.capacity) continue;
    yield [id, {
      old, key: wholeKey(to.decl, to.element, convert(key, 'key'), bits),
      value: perCpu(from.map, old).map(one => {
        const { value, expires } = ownValue(from.decl, one);
        return wholeValue(to.decl, convert(value, 'value'), expires);
      }).reduce((all, one, cpu, { length }) => joined(all, one, cpu, to.map.live.transferBytes / length), new Uint8Array(to.map.live.transferBytes)),
    }];
  }
}

/** The values of the CPUs, of per-CPU maps; else the one. */
function perCpu({ live }: PinnedMap, bytes: Uint8Array): Uint8Array[] {
  const stride = live.transferBytes === live.valueBytes ? live.valueBytes : Math.ceil(live.valueBytes / 8) * 8;
  return Array.from({ length: live.transferBytes / stride }, (_, cpu) => bytes.subarray(cpu * stride, cpu * stride + live.valueBytes));
}

function joined(all: Uint8Array, one: Uint8Array, cpu: number, stride: number): Uint8Array {
  all.set(one, cpu * stride);
  return all;
}
