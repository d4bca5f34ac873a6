// A live BPF link: what holds a program at its attach point. Made by one file per attach point (tcx.ts, xdp.ts); here what all share.

import { ERRNO, SysError } from '../sys/errors.ts';
import { type Fd, OwnedFd } from '../sys/fd.ts';
import { lastErrno } from '../sys/libc.ts';
import { Attr, bpf, tryBpf } from './command.ts';
import { type LinkInfo, linkInfo } from './info.ts';
import type { KernelProgram } from './program.ts';

const BPF_F_REPLACE = 4;

export class KernelLink implements Disposable {
  readonly #owned: OwnedFd;
  constructor(fd: Fd) {
    this.#owned = new OwnedFd(fd, 'link');
  }
  get fd(): Fd {
    return this.#owned.fd;
  }
  /** `ifindex` 0: the device is gone. @throws SysError */
  info(): LinkInfo {
    return linkInfo(this.fd);
  }
  /**
   * Puts `next` in the place of the attached program: each packet meets one or the other. With `old`, only if that is the one attached.
   * @throws SysError  EPERM: `old` is not the one attached; ENOLINK: the device is gone
   */
  update(next: KernelProgram, old?: KernelProgram): void {
    const attr = new Attr(16).u32(0, this.fd).u32(4, next.fd);
    if (old) attr.u32(8, BPF_F_REPLACE).u32(12, old.fd);
    if (tryBpf('LINK_UPDATE', attr) >= 0) return;
    const errno = lastErrno();
    if (old && errno === ERRNO.EPERM) throw new SysError('bpf LINK_UPDATE', errno, { detail: `the program attached is not ${old.name}`, cure: 'someone else changed the link: look again before changing it' });
    throw new SysError(`bpf LINK_UPDATE to ${next.name}`, errno);
  }
  /** Takes the program off its device now, whoever else holds the link. @throws SysError */
  detach(): void {
    bpf('LINK_DETACH', new Attr(4).u32(0, this.fd));
  }
  /** Lets go of it. The program stays attached as long as the link is pinned or held by another. */
  close(): void {
    this.#owned.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
