// Loads BTF, the kernel's type information. Making its bytes is src/image.

import { SysError } from '../sys/errors.ts';
import { type Fd, OwnedFd } from '../sys/fd.ts';
import { lastErrno } from '../sys/libc.ts';
import { Attr, tryBpf } from './command.ts';

const LOG_BYTES = 1 << 16;

/** @throws SysError  `detail` has the kernel's last words */
export function loadBtf(btf: Uint8Array): OwnedFd {
  const plain = tryBpf('BTF_LOAD', new Attr(28).pointer(0, btf).u32(16, btf.byteLength));
  if (plain >= 0) return new OwnedFd(plain as Fd, 'btf');
  const errno = lastErrno();
  const log = new Uint8Array(LOG_BYTES);
  const again = tryBpf('BTF_LOAD', new Attr(28).pointer(0, btf).pointer(8, log).u32(16, btf.byteLength).u32(20, LOG_BYTES).u32(24, 1));
  if (again >= 0) return new OwnedFd(again as Fd, 'btf');
  const text = new TextDecoder('latin1').decode(log.subarray(0, Math.max(0, log.indexOf(0)))).trim();
  throw new SysError('bpf BTF_LOAD', errno, { detail: text.split('\n').slice(-2).join('; ') });
}
