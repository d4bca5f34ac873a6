// One element of a module, alone on an engine: its maps with their contents, its programs with joints that return the verdict, and packets
// into it one by one. It expects nothing; packet cases and replayed captures do.

import { link } from '../datapath/link/link.ts';
import { modulePiece } from '../datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../datapath/link/verdicts.ts';
import { decodeEntry, encodeContents, type PlainEntry } from '../image/contents.ts';
import { putInner } from '../image/inner-maps.ts';
import type { Image, MapDecl, Program } from '../image/image.ts';
import { u32Bytes, writeEntry } from '../image/live-map.ts';
import { creditBytes, readLogged } from '../image/logs.ts';
import type { Contents } from '../image/values.ts';
import type { SentMeta } from '../lang/packets.ts';
import { copiesDecl, mirrorTo, takeCopies } from './copies.ts';
import type { CaseEngine, CaseMap, LoadedCase } from './engine.ts';
import type { Happened } from './outcome.ts';

/** The element under test; 0 is no element's. */
const ELEMENT = 1;
/** Of each line, by one packet. */
const MOST_LOGGED = 100;

export interface Entering {
  /** A port by number or name, or the way through a filter. */
  readonly by: number | string;
  readonly frame: Uint8Array;
  readonly meta?: SentMeta;
}

export class CaseElement {
  readonly image: Image;
  readonly #engine: CaseEngine;
  /** In the order of the image's. */
  readonly maps: readonly CaseMap[];
  readonly #copies: CaseMap | undefined;
  readonly #programs: ReadonlyMap<string, LoadedCase>;

  /** @throws Error  contents that cannot be, or an engine that refuses; its text says what */
  constructor(engine: CaseEngine, image: Image, contents: Contents) {
    this.image = image;
    this.#engine = engine;
    this.maps = image.maps.map(decl => engine.createMap(decl));
    this.#write(contents, 'all');
    for (const [i, decl] of image.maps.entries()) if (decl.kind === 'shape') engine.freeze(this.maps[i] as CaseMap);
    const kept = copiesDecl(image);
    this.#copies = kept && engine.createMap(kept);
    this.#programs = this.#load();
  }

  /** Contents change, as far as they may while it runs. @throws Error */
  change(contents: Contents): void {
    this.#write(contents, 'changing');
  }

  /** @throws Error  there is no such way in, or the program failed */
  send({ by, frame, meta = {} }: Entering): Happened {
    const { image } = this;
    const named = typeof by === 'string' ? image.ports.indexOf(by) : by;
    const program = this.#programs.get(image.kind === 'filter' ? String(by) : 'main');
    if (program === undefined || (image.kind === 'module' && named < 0)) throw new Error(`${image.name} has no way in called '${by}'`);
    const { domain = 0, sourceEndpoint = 0, sourceGroup = 0, tunnelKey = 0 } = meta;
    const { logs } = image;
    if (logs) this.maps[logs.credit]?.live.update(new Uint8Array(4), creditBytes(logs, MOST_LOGGED));
    const { result, frame: after } = program.run(frame, [image.kind === 'module' ? named : 0, domain, sourceEndpoint, sourceGroup, tunnelKey]);
    return {
      verdict: readVerdict(result), frame: after, copies: this.#copies ? takeCopies(this.#copies.live) : [],
      logged: logs ? this.#engine.drain(this.maps[logs.ring] as CaseMap).flatMap(record => readLogged(image, record) ?? []) : [],
    };
  }

  /** What an exported map holds now; of per-CPU maps what the first CPU has. */
  entries(exported: string): PlainEntry[] {
    const at = this.image.maps.findIndex(decl => decl.name === exported);
    const decl = this.image.maps[at] as MapDecl;
    return [...(this.maps[at] as CaseMap).live.entries()].map(([key, value]) => decodeEntry(decl, [key, value.subarray(0, decl.valueBytes)]));
  }

  /** The clock goes on. */
  wait(seconds: number): void {
    this.#engine.wait(seconds, this.maps.filter((_, i) => this.image.maps[i]?.kind === 'expiring'));
  }

  #write(contents: Contents, which: 'all' | 'changing'): void {
    const encoded = encodeContents(this.image, ELEMENT, contents);
    if (!encoded.ok) throw new Error(encoded.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
    for (const { map, entries, inner } of encoded.maps) {
      const { kind, inner: like } = this.image.maps[map] as MapDecl;
      if (which === 'changing' && kind === 'shape') continue;
      const { live } = this.maps[map] as CaseMap;
      for (const [key, value] of entries) writeEntry(live, key, value);
      if (like) putInner(live, inner, () => this.#engine.createMap(like).live);
    }
  }

  #load(): ReadonlyMap<string, LoadedCase> {
    const { image } = this;
    const joints = new Map([...verdictJoints(), ...(this.#copies ? [['mirror', mirrorTo(this.#copies.handle)] as const] : [])]);
    const loaded = (program: Program): LoadedCase => {
      const body = modulePiece(program, image.files, { map: index => (this.maps[index] as CaseMap).handle, constant: name => name === 'element' ? ELEMENT : this.#engine.hz });
      const linked = link({ body, joints });
      if (!linked.ok) throw new Error(linked.problem);
      return this.#engine.load(program, linked.linked);
    };
    const table = this.maps[image.maps.findIndex(decl => decl.kind === 'stages')];
    for (const [slot, stage] of (image.stages ?? []).entries()) table?.live.update(u32Bytes(slot), u32Bytes(loaded(stage).reference));
    return new Map(image.programs.map(program => [program.name, loaded(program)]));
  }
}
