// The kernel's error numbers that maps and helper functions give back, and the error that the JavaScript side throws for them.

export const ERRNO = {
  EPERM: -1, ENOENT: -2, E2BIG: -7, EBADF: -9, EAGAIN: -11, ENOMEM: -12, EACCES: -13, EFAULT: -14, EBUSY: -16, EEXIST: -17, ENODEV: -19, EINVAL: -22, ENOSPC: -28,
  ERANGE: -34, EDEADLK: -35, EPROTO: -71, EOPNOTSUPP: -95, EAFNOSUPPORT: -97, EALREADY: -114, ENOTSUPP: -524,
} as const;
type ErrnoName = keyof typeof ERRNO;

const NAMES = new Map<number, ErrnoName>((Object.entries(ERRNO) as [ErrnoName, number][]).map(([name, number]) => [number, name]));

const CAUSES: Partial<Record<ErrnoName, string>> = {
  EPERM: 'the map is frozen', ENOENT: 'the key is not there', E2BIG: 'the map is full, or the index past its end', EEXIST: 'the key is there already',
  EBADF: 'there is no such program', EINVAL: 'this kind of map cannot do that', ENOSPC: 'the trie is full', ENOMEM: 'memory is at its limit', ENOTSUPP: 'not supported by this kind of map', EOPNOTSUPP: 'not supported by this kind of map',
};

/** A map refused an operation; `code` is the errno's name, as on the kernel. */
export class MapError extends Error {
  readonly code: ErrnoName;
  constructor(operation: string, map: string, errno: number) {
    const code = NAMES.get(errno) ?? 'EINVAL';
    super(`${operation} of map ${map}: ${code}: ${CAUSES[code] ?? 'refused'}`);
    this.name = 'MapError';
    this.code = code;
  }
}
