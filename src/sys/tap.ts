// TAP and TUN devices: a network device whose other side is a descriptor of ours (Linux Documentation/networking/tuntap.rst).

import { checked, ERRNO, SysError } from './errors.ts';
import { type Fd, O, open, OwnedFd, readFd, writeFd } from './fd.ts';
import { lastErrno, libcInteger } from './libc.ts';
import { type NamespaceRef, withNamespace } from './namespace.ts';

const cIoctl = libcInteger('int ioctl(int fd, ulong request, void *argument)');
const TUNSETIFF = 0x4004_54ca;
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** Of a frame of the largest MTU, and what a program may have put before it. */
const MOST_FRAME_BYTES = 65_664;

export class Tap implements Disposable {
  readonly name: string;
  readonly #owned: OwnedFd;
  readonly #buffer = new Uint8Array(MOST_FRAME_BYTES);
  constructor(fd: Fd, name: string) {
    this.#owned = new OwnedFd(fd, `tap ${name}`);
    this.name = name;
  }
  get fd(): Fd {
    return this.#owned.fd;
  }
  /** One frame, valid until the next read; undefined where none waits. @throws SysError */
  read(): Uint8Array | undefined {
    const length = readFd(this.fd, this.#buffer);
    if (length >= 0) return this.#buffer.subarray(0, length);
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN) return undefined;
    throw new SysError(`read ${this.name}`, errno);
  }
  /** Puts one frame into the network; false where it has no room now. @throws SysError */
  write(frame: Uint8Array): boolean {
    if (writeFd(this.fd, frame) >= 0) return true;
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN) return false;
    throw new SysError(`write ${this.name}`, errno);
  }
  close(): void {
    this.#owned.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Makes the device `name`; it is gone when the Tap is closed. It stays in the namespace where this opens it. @throws SysError */
export function openTap(name: string, netns?: NamespaceRef): Tap {
  return openDevice(name, IFF_TAP, netns);
}

/** As openTap, of IP packets without an Ethernet header. @throws SysError */
export function openTun(name: string, netns?: NamespaceRef): Tap {
  return openDevice(name, IFF_TUN, netns);
}

function openDevice(name: string, kind: number, netns: NamespaceRef | undefined): Tap {
  const make = () => {
    const fd = open('/dev/net/tun', O.RDWR | O.NONBLOCK);
    const request = new Uint8Array(40);
    request.set(new TextEncoder().encode(name).subarray(0, 15));
    new DataView(request.buffer).setUint16(16, kind | IFF_NO_PI, true);
    const tap = new Tap(fd, name);
    try {
      checked(`ioctl TUNSETIFF ${name}`, cIoctl(fd, TUNSETIFF, request));
    } catch (error) {
      tap.close();
      throw error;
    }
    return tap;
  };
  return netns === undefined ? make() : withNamespace(netns, make);
}
