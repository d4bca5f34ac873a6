// filetest: asm
import { Arp, ArpOp, Eth, drop, flood, module } from 'iovisor/module';

export default module(pkt => {
  const arp = pkt.at(Eth).payload(Arp);
  return arp?.op === ArpOp.Request ? flood() : drop('no-request');
});

// ---- code
// main:
//   ldxw %r0, [%r1+76]
//   ldxw %r2, [%r1+80]
//   mov %r3, %r0
//   add %r3, 14
//   jgt %r3, %r2, L15
//   ldxh %r3, [%r0+12]
//   jne %r3, 1544, L13
//   mov %r3, %r0
//   add %r3, 42
//   jgt %r3, %r2, L15
//   ldxh %r0, [%r0+20]
//   jne %r0, 256, L13
//   ja exit(flood)
// L13:
//   mov %r2, 1
// L14:
//   ja exit(drop)
// L15:
//   mov %r2, 0
//   ja L14
