// libbpf as the judge of how objects are read: what bpftool loads and what our kernel loader loads answer alike, packet by packet, and leave
// the same in their maps; fields are relocated to the running kernel alike.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readObject } from '../src/image/elf/read-object.ts';
import type { LiveMap } from '../src/image/live-map.ts';
import { bpftoolTest, loadedByBpftool } from './bpftool.ts';
import { FRAMES, isTaken } from './fixtures/elf/frames.ts';

const folder = new URL('fixtures/elf/', import.meta.url);
const VMLINUX = '/sys/kernel/btf/vmlinux';
const SKB_BYTES = 192;
/** libbpf takes no maps of old any more, and Debian 12's knows no tcx; the fields of the others are those of kernels that are not. */
const NOT_FOR_LIBBPF: ReadonlySet<string> = new Set(['legacy.o', 'events.o', 'relocated.o', 'guarded.o']);
/** Rings are read by mapping them; queues have no keys. */
const WITHOUT_ENTRIES: ReadonlySet<string> = new Set(['RINGBUF', 'PROG_ARRAY', 'QUEUE', 'STACK']);

const entriesOf = (map: LiveMap): string[] => [...map.entries()].map(([k, v]) => `${Buffer.from(k).toString('hex')} ${Buffer.from(v).toString('hex')}`).sort();

for (const name of readdirSync(folder).filter(n => n.endsWith('.o') && !NOT_FOR_LIBBPF.has(n))) {
  bpftoolTest(`libbpf and we agree: ${name}`, async () => {
    const bytes = readFileSync(new URL(name, folder));
    const read = readObject(bytes, { targetBtf: () => readFileSync(VMLINUX) });
    assert.ok(read.ok, read.ok ? '' : `${read.problem.place}: ${read.problem.message}`);
    const { loadObject } = await import('../src/kernel/load-object.ts');
    const { pinnedMap, pinnedProgram } = await import('../src/kernel/pins.ts');
    const { testRun } = await import('../src/kernel/test-run.ts');
    using ours = loadObject(read.value);
    await loadedByBpftool(bytes, pins => {
      for (const program of read.value.programs) {
        using theirs = pinnedProgram(`${pins.programs}/${program.name}`);
        assert.ok(theirs, program.name);
        const run = (which: typeof theirs, frame: Uint8Array): unknown => {
          const { verdict, packet, context } = testRun(which, { packet: frame, ...(program.hook === 'tc' && { context: new Uint8Array(SKB_BYTES) }) });
          return { verdict, packet: Buffer.from(packet).toString('hex'), context: Buffer.from(context).toString('hex') };
        };
        for (const [frameName, frame] of Object.entries(FRAMES)) if (isTaken(program.hook, frame)) assert.deepEqual(run(ours.programs.get(program.name)!, frame), run(theirs, frame), frameName);
      }
      for (const map of read.value.maps) {
        if (WITHOUT_ENTRIES.has(map.type)) continue;
        using theirs = pinnedMap(pinOf(pins.maps, map.name));
        assert.ok(theirs, map.name);
        assert.deepEqual(entriesOf(ours.maps.get(map.name)!), entriesOf(theirs), map.name);
      }
    });
  });
}

/** libbpf begins the names of .data, .bss and .rodata with the object's, and file systems take no dots. */
function pinOf(pins: string, map: string): string {
  const plain = map.replaceAll('.', '_');
  const found = readdirSync(pins).find(pin => pin === plain || (/^\.(data|bss|rodata)$/.test(map) && pin.endsWith(plain)));
  return `${pins}/${found ?? plain}`;
}
