// filetest: reject
// The default export is a program, not a function.
import { drop, type Packet } from 'iovisor/module';

export default function (pkt: Packet) { return drop('end'); } // error IOV1008@16: The module has no program
