// filetest: asm
import { drop, module, to } from 'iovisor/module';

export default module(pkt => pkt.port === 1 ? to(2) : drop('not-from-port-1'));

// ---- code
// main:
//   ldxh %r0, [%r1+48]
//   jne %r0, 1, L4
//   mov %r2, 2
//   ja exit(to)
// L4:
//   mov %r2, 0
//   ja exit(drop)
