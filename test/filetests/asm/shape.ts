// filetest: asm
import { drop, flood, module, shape } from 'iovisor/module';

export const features = shape(class { open: boolean = false });

export default module(() => features.open ? flood() : drop('closed'));

// ---- code
// main:
//   lddw %r0, value(features)
//   ldxb %r0, [%r0]
//   jeq %r0, 0, L5
//   ja exit(flood)
// L5:
//   mov %r2, 0
//   ja exit(drop)
