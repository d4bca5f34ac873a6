// Sockets that Node does not offer: netlink, packet and raw ones, opened in any namespace and used from this one.
// Never blocking unless asked; the bytes' meaning is the caller's.

import { checked, ERRNO, SysError } from './errors.ts';
import { type Fd, OwnedFd } from './fd.ts';
import { lastErrno, libcInteger } from './libc.ts';
import { type NamespaceRef, withNamespace } from './namespace.ts';

const cSocket = libcInteger('int socket(int domain, int type, int protocol)');
const cBind = libcInteger('int bind(int fd, void *address, int len)');
const cConnect = libcInteger('int connect(int fd, void *address, int len)');
const cSendto = libcInteger('int64_t sendto(int fd, void *buf, size_t len, int flags, void *address, int addressLen)');
const cRecvfrom = libcInteger('int64_t recvfrom(int fd, void *buf, size_t len, int flags, void *address, void *addressLen)');
const cSetsockopt = libcInteger('int setsockopt(int fd, int level, int option, void *value, int len)');

export const AF = { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16, PACKET: 17 } as const;
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;

export interface SocketSpec {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  /** Where it is opened and stays; absent: the namespace of this thread. */
  readonly netns?: NamespaceRef | undefined;
  readonly blocking?: boolean;
}

export interface Received {
  /** Valid until the next receive on this socket. */
  readonly bytes: Uint8Array;
  /** The sender's sockaddr. */
  readonly from: Uint8Array;
}

/** One open socket. */
export class Socket implements Disposable {
  readonly #owned: OwnedFd;
  readonly #buffer: Uint8Array;
  readonly #from = new Uint8Array(128);
  readonly #fromLength = new Uint32Array(1);

  constructor(fd: Fd, options: { readonly receiveBytes: number }) {
    this.#owned = new OwnedFd(fd, 'socket');
    this.#buffer = new Uint8Array(options.receiveBytes);
  }

  get fd(): Fd {
    return this.#owned.fd;
  }

  /** @throws SysError */
  bind(address: Uint8Array): void {
    checked('bind', cBind(this.fd, address, address.byteLength));
  }

  /** @throws SysError */
  connect(address: Uint8Array): void {
    checked('connect', cConnect(this.fd, address, address.byteLength));
  }

  /** @throws SysError */
  setOption(level: number, option: number, value: number | Uint8Array): void {
    const bytes = typeof value === 'number' ? new Uint8Array(new Int32Array([value]).buffer) : value;
    checked(`setsockopt ${level}/${option}`, cSetsockopt(this.fd, level, option, bytes, bytes.byteLength));
  }

  /** Sends one datagram; false where the socket's buffer is full. @throws SysError */
  send(bytes: Uint8Array, to?: Uint8Array): boolean {
    for (;;) {
      if (cSendto(this.fd, bytes, bytes.byteLength, 0, to ?? null, to?.byteLength ?? 0) >= 0) return true;
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN || errno === ERRNO.ENOBUFS) return false;
      if (errno !== ERRNO.EINTR) throw new SysError('send', errno);
    }
  }

  /** One datagram; undefined where nothing waits (or, blocking with a timeout, nothing came). @throws SysError */
  receive(): Received | undefined {
    for (;;) {
      this.#fromLength[0] = this.#from.byteLength;
      const length = cRecvfrom(this.fd, this.#buffer, this.#buffer.byteLength, 0, this.#from, new Uint8Array(this.#fromLength.buffer));
      if (length >= 0) return { bytes: this.#buffer.subarray(0, length), from: this.#from.subarray(0, this.#fromLength[0]) };
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN) return undefined;
      if (errno !== ERRNO.EINTR) throw new SysError('recv', errno);
    }
  }

  /** Gives the descriptor away: to Node, which closes it. */
  release(): Fd {
    return this.#owned.release();
  }

  close(): void {
    this.#owned.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** @throws SysError */
export function openSocket(spec: SocketSpec, options: { readonly receiveBytes: number } = { receiveBytes: 65_536 }): Socket {
  const make = () => checked('socket', cSocket(spec.domain, spec.type | SOCK.CLOEXEC | (spec.blocking ? 0 : SOCK.NONBLOCK), spec.protocol)) as Fd;
  return new Socket(spec.netns === undefined ? make() : withNamespace(spec.netns, make), options);
}
