// Helpers that hand records to user space: the ring buffer's (kernel/bpf/ringbuf.c) and perf_event_output (net/core/filter.c).

import { ProgramFault } from '../fault.ts';
import { ERRNO } from '../maps/errno.ts';
import { PerfEventArrayMap } from '../maps/perf-event-array.ts';
import { RingbufMap } from '../maps/ringbuf.ts';
import type { HelperDefinition } from './definition.ts';
import { mapOf, span, type Machine } from './machine.ts';

/** BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP. */
const RINGBUF_FLAGS = 3;
const QUERY = { waiting: 0, size: 1, consumed: 2, produced: 3 } as const;

const INDEX_MASK = 0xffff_ffffn;
const CURRENT_CPU = 0xffff_ffff;
const PACKET_BYTES_SHIFT = 32n;
const PACKET_BYTES_MASK = 0xf_ffffn;

function ringOf(machine: Machine, handle: number): RingbufMap {
  const map = mapOf(machine, handle);
  if (map instanceof RingbufMap) return map;
  throw new ProgramFault('call', `map ${map.name} is no ring buffer`);
}

const finishing = (name: string, isDiscarded: boolean): HelperDefinition => ({
  name, parameters: ['narrow', 'narrow'], result: 'error',
  make: ({ maps }) => (record: number): number => {
    for (const map of maps.values()) if (map instanceof RingbufMap && map.finish(record, isDiscarded)) return 0;
    throw new ProgramFault('call', `no record is reserved at 0x${(record >>> 0).toString(16)}`);
  },
});

export const EVENT_HELPERS: readonly HelperDefinition[] = [
  {
    name: 'ringbuf_output', parameters: ['narrow', 'narrow', 'narrow', 'narrow'], result: 'error',
    make: machine => (handle: number, data: number, length: number, flags: number): number => {
      const ring = ringOf(machine, handle);
      return (flags & ~RINGBUF_FLAGS) !== 0 ? ERRNO.EINVAL : ring.output(span(machine, data, length, 'read'), length >>> 0);
    },
  },
  {
    name: 'ringbuf_reserve', parameters: ['narrow', 'narrow', 'narrow'], result: 'unsigned',
    make: machine => (handle: number, length: number, flags: number): number => {
      const ring = ringOf(machine, handle);
      return flags !== 0 ? 0 : ring.reserve(length >>> 0);
    },
  },
  finishing('ringbuf_submit', false),
  finishing('ringbuf_discard', true),
  {
    name: 'ringbuf_query', parameters: ['narrow', 'narrow'], result: 'whole',
    make: machine => (handle: number, what: number): number => {
      const ring = ringOf(machine, handle);
      switch (what) {
        case QUERY.waiting: return ring.positions.waiting;
        case QUERY.size: return ring.capacity;
        case QUERY.consumed: return ring.positions.consumed;
        case QUERY.produced: return ring.positions.produced;
        default: return 0;
      }
    },
  },
  {
    // The record is the data, then as many bytes of the packet as the flags say.
    name: 'perf_event_output', hooks: ['tc', 'xdp'], parameters: ['narrow', 'narrow', 'wide', 'narrow', 'narrow'], result: 'error',
    make: machine => (_context: number, handle: number, wide: bigint, data: number, length: number): number => {
      const { packet, memory } = machine;
      const map = mapOf(machine, handle);
      const flags = BigInt.asUintN(64, wide);
      if (!(map instanceof PerfEventArrayMap) || (flags & ~(INDEX_MASK | PACKET_BYTES_MASK << PACKET_BYTES_SHIFT)) !== 0n) return ERRNO.EINVAL;
      const packetBytes = Number(flags >> PACKET_BYTES_SHIFT);
      if (packetBytes > packet.length) return ERRNO.EFAULT;
      const index = Number(flags & INDEX_MASK);
      const own = memory.read(span(machine, data, length, 'read'), length);
      return map.output(index === CURRENT_CPU ? 0 : index, Uint8Array.of(...own, ...memory.read(packet.data, packetBytes)));
    },
  },
];
