// filetest: run
// The outermost tag, records for user space, and a user's own header.
import { drop, Header, module, reply, RingBuffer, type be16, type be32, type u32, type u64, type u8 } from 'iovisor/module';

class Event { port: u32 = 0; seen: u64 = 0n; kind: u8 = 0 }
const events = new RingBuffer<Event>(5000);

class Note extends Header { magic: be16 = 0xcafe; count: be32 = 1; more: u8 = 0 }

export default module(pkt => {
  if (pkt.port === 1) { pkt.vlan = 7; return pkt.vlan === 7 ? reply() : drop('no-tag'); }
  if (pkt.port === 2) { pkt.vlan = 7; pkt.vlan = undefined; return pkt.vlan === undefined ? reply() : drop('tag'); }
  if (pkt.port === 3) return events.send({ port: pkt.port, seen: 5n, kind: 1 }) ? reply() : drop('full');
  const note = pkt.at(Note, 14);
  if (note.magic !== 0xcafe) return drop('no-note');
  note.count = note.count + 1 & 0xffff;
  note.fresh(Note, { count: note.count, more: 3 });
  return reply();
});

// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), data('hello')]))
// run: send(2, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), data('hello')]))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), data('hello')]))
// run: send(4, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), bytes('cafe 00000005 00 ffffffffffffffff')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), bytes('cafe 00000006 00 cafe 00000006 03 ff')]))
