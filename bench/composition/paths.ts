// Elements in a row in three forms, of the same images by the data path's own linker and joints: tail calls with constant keys, as it joins them;
// all in one program; and functions of one program, called one after the other.

import { encode } from '../../src/isa/encode.ts';
import { assemble } from '../../src/isa/assemble.ts';
import { wholeKey, wholeValue } from '../../src/image/hidden.ts';
import type { Image, MapDecl } from '../../src/image/image.ts';
import { encodeValue } from '../../src/image/values.ts';
import { u32Bytes } from '../../src/image/live-map.ts';
import { createMap, type KernelMap } from '../../src/kernel/map.ts';
import { mapSpecOf } from '../../src/kernel/map-types.ts';
import { type KernelProgram, loadProgram } from '../../src/kernel/program.ts';
import { drop } from '../../src/datapath/joints/drop.ts';
import { instantiate, siteConstants } from '../../src/datapath/joints/joint.ts';
import { pass } from '../../src/datapath/joints/pass.ts';
import { REPAIRS } from '../../src/datapath/joints/repairs.ts';
import { link, type Linked } from '../../src/datapath/link/link.ts';
import { modulePiece, type Piece } from '../../src/datapath/link/piece.ts';

export const FORMS = ['tail calls', 'one program', 'functions'] as const;
export type Form = typeof FORMS[number];

const SLOT_BYTES = 8;
/** Frames of one flow that every path knows. */
export const FLOW = { src: '10.0.0.1', dst: '10.0.0.2', srcPort: 40_000, dstPort: 80 };
const CHAINS_OF_PROGRAMS = 16_384;

interface Element { readonly id: number; readonly image: Image; readonly maps: readonly KernelMap[]; readonly sites: KernelMap }

/** Many paths, each of elements of its own; flows and the table of programs are shared by all. */
export class Paths implements Disposable {
  readonly #opened: { close(): void }[] = [];
  readonly #programs: KernelMap;
  readonly #flows: KernelMap;
  readonly #images: readonly Image[];
  #elements = 0;
  #slots = 0;

  /** `fill`: flows of others in the shared table. */
  constructor(images: readonly Image[], fill: number) {
    this.#images = images;
    this.#programs = this.#keep(createMap({ name: 'programs', type: 'PROG_ARRAY', keyBytes: 4, valueBytes: 4, capacity: CHAINS_OF_PROGRAMS }));
    const decl = flowsOf(images[1]!);
    const spec = mapSpecOf(decl, 2 * fill + 4096);
    this.#flows = this.#keep(createMap({ ...spec, flags: 1 }));
    for (let n = 0; n < fill; n++) this.#flows.update(wholeKey(decl, 1_000_000 + n % 1000, flowBytes(decl, { ...FLOW, srcPort: n & 0xffff, src: `11.${n >> 16}.${n >> 8 & 255}.${n & 255}` })), wholeValue(decl, new Uint8Array(8)));
  }

  /** The program by which a path is entered. */
  make(form: Form): KernelProgram {
    const elements = this.#images.map((image): Element => this.#element(image));
    switch (form) {
      case 'tail calls': {
        const first = this.#slots;
        this.#slots += elements.length;
        const loaded = elements.map((element, i) => {
          const last = i === elements.length - 1;
          const program = this.#load(linked(element, last ? ended() : instantiate(pass, { maps: { programs: this.#programs.fd, sites: element.sites.fd }, constants: { 'pass-slot': first + i + 1, ...sitesOf(element) } })));
          this.#programs.update(u32Bytes(first + i), u32Bytes(program.fd));
          return program;
        });
        return loaded[0]!;
      }
      case 'one program': {
        // The exits of each lead to the code of the next, and its drops to its own sites.
        const pieces = elements.map((element, i) => bodyOf(element, exit => exit === 'next' ? i === elements.length - 1 ? 'end' : `body${i + 1}` : `${exit}${i}`));
        const joints = new Map<string, Piece>([...REPAIRS, ['end', ended()], ...elements.flatMap((element, i): [string, Piece][] => [[`drop${i}`, dropOf(element)], [`body${i}`, { ...pieces[i]!, functions: [] }]])]);
        const result = link({ body: pieces[0]!, joints });
        if (!result.ok) throw new Error(result.problem);
        return this.#load(result.linked);
      }
      case 'functions': return this.#load(asFunctions(elements.map(element => linked(element, ended()))));
    }
  }

  /** A program that goes to the next of the paths at every run: what is measured then is not one path in a warm cache. Alone with an empty path it is what to subtract. */
  inTurn(entries: readonly KernelProgram[]): KernelProgram {
    const table = this.#keep(createMap({ name: 'turns', type: 'PROG_ARRAY', keyBytes: 4, valueBytes: 4, capacity: entries.length }));
    for (const [i, { fd }] of entries.entries()) table.update(u32Bytes(i), u32Bytes(fd));
    const turn = this.#keep(createMap({ name: 'turn', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 }));
    const assembled = assemble(`
  lddw %r2, value(turn)
  ldxdw %r3, [%r2]
  add %r3, 1
  mod %r3, ${entries.length}
  stxdw [%r2], %r3
  lddw %r2, map(table)
  call tail_call
  mov %r0, 2
  exit
`);
    if (!assembled.ok) throw new Error(JSON.stringify(assembled.errors));
    const code = encode(assembled.insns);
    const view = new DataView(code.buffer);
    for (const { slot, name } of assembled.relocations) {
      const isValue = name === 'turn';
      view.setUint8(slot * SLOT_BYTES + 1, (view.getUint8(slot * SLOT_BYTES + 1) & 0x0f) | (isValue ? 2 : 1) << 4);
      view.setInt32(slot * SLOT_BYTES + 4, isValue ? turn.fd : table.fd, true);
    }
    return this.#keep(loadProgram({ name: 'in_turn', hook: 'tc', code }));
  }

  empty(): KernelProgram {
    return this.#keep(loadProgram({ name: 'empty', hook: 'tc', code: ended().code }));
  }

  [Symbol.dispose](): void {
    for (const one of this.#opened.reverse()) one.close();
  }

  #element(image: Image): Element {
    const id = ++this.#elements;
    const maps = image.maps.map(decl => decl.scope === 'image' ? this.#flows : this.#keep(createMap(mapSpecOf(decl))));
    const decl = flowsOf(image);
    this.#flows.update(wholeKey(decl, id, flowBytes(decl, FLOW)), wholeValue(decl, new Uint8Array(8)));
    return { id, image, maps, sites: this.#keep(createMap({ name: 'sites', type: 'PERCPU_ARRAY', keyBytes: 4, valueBytes: 8, capacity: image.sites.length + 1 })) };
  }

  #load({ name, code }: Pick<Linked, 'name' | 'code'>): KernelProgram {
    return this.#keep(loadProgram({ name, hook: 'tc', code }));
  }

  #keep<T extends { close(): void }>(one: T): T {
    this.#opened.push(one);
    return one;
  }
}

function flowsOf(image: Image): MapDecl {
  const decl = image.maps.find(map => map.name === 'flows');
  if (!decl) throw new Error(`${image.name} has no flows`);
  return decl;
}

function flowBytes(decl: MapDecl, flow: Readonly<Record<keyof typeof FLOW, string | number>>): Uint8Array {
  const encoded = encodeValue(decl.key, flow);
  if (!encoded.ok) throw new Error(`${encoded.path}: ${encoded.message}`);
  return encoded.bytes;
}

const sitesOf = ({ image }: Element): Record<string, number> => siteConstants(pass.sites, image.sites.length);
const dropOf = (element: Element): Piece => instantiate(drop, { maps: { sites: element.sites.fd }, constants: {} });

function bodyOf(element: Element, rename: (exit: string) => string = exit => exit): Piece {
  const program = element.image.programs.find(p => p.name === 'egress')!;
  const piece = modulePiece(program, element.image.files, { map: index => element.maps[index]!.fd, constant: name => name === 'element' ? element.id : 250 });
  return { ...piece, patches: piece.patches.map(patch => patch.kind === 'exit' ? { ...patch, to: rename(patch.to) } : patch) };
}

function linked(element: Element, next: Piece): Linked {
  const result = link({ body: bodyOf(element), joints: new Map([...REPAIRS, ['next', next], ['drop', dropOf(element)]]) });
  if (!result.ok) throw new Error(result.problem);
  return result.linked;
}

/** TC_ACT_OK: the end of a path, and of a function that lets the packet pass. */
function ended(): Piece {
  const code = new Uint8Array(2 * SLOT_BYTES);
  code[0] = 0xb7;
  code[SLOT_BYTES] = 0x95;
  return { name: 'end', code, patches: [], files: [], lines: [], functions: [] };
}

function asFunctions(all: readonly Linked[]): Pick<Linked, 'name' | 'code'> {
  const text = `mov %r6, %r1\n${all.map(() => 'mov %r1, %r6\ncall local 0\njne %r0, 0, out').join('\n')}\nout:\nexit`;
  const assembled = assemble(text.replaceAll('call local 0', 'call local joint(f)'));
  if (!assembled.ok) throw new Error(JSON.stringify(assembled.errors));
  const main = encode(assembled.insns);
  const code = new Uint8Array(main.length + all.reduce((sum, one) => sum + one.code.length, 0));
  code.set(main);
  const view = new DataView(code.buffer);
  let at = main.length;
  for (const [i, { slot }] of assembled.relocations.entries()) {
    code.set(all[i]!.code, at);
    view.setInt32(slot * SLOT_BYTES + 4, at / SLOT_BYTES - slot - 1, true);
    at += all[i]!.code.length;
  }
  return { name: 'functions', code };
}
