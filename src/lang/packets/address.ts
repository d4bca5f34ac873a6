// Addresses of described frames, between text and bytes. Text that is no address throws a FrameError: a mistake in a packet case.

/** The author of a packet case described a frame that cannot be. */
export class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FrameError';
  }
}

export function macBytes(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new FrameError(`'${text}' is not a hardware address such as 02:00:00:00:00:01`);
  return Uint8Array.from(text.split(':'), part => parseInt(part, 16));
}

export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':');
}

export function ipv4Bytes(text: string): Uint8Array {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some(part => !/^\d{1,3}$/.test(part) || Number(part) > 255)) throw new FrameError(`'${text}' is not an IPv4 address`);
  return Uint8Array.from(parts, Number);
}

export function ipv4Text(bytes: Uint8Array): string {
  return Array.from(bytes).join('.');
}

export function ipv6Bytes(text: string): Uint8Array {
  const refuse = (): never => { throw new FrameError(`'${text}' is not an IPv6 address`); };
  const halves = text.split('::');
  if (halves.length > 2) refuse();
  const groups = (half: string | undefined): number[] => (half === undefined || half === '' ? [] : half.split(':')).flatMap(group => {
    if (group.includes('.')) {
      const [a = 0, b = 0, c = 0, d = 0] = ipv4Bytes(group);
      return [a << 8 | b, c << 8 | d];
    }
    return /^[0-9a-f]{1,4}$/i.test(group) ? [parseInt(group, 16)] : refuse();
  });
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) refuse();
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail].flatMap(group => [group >> 8, group & 0xff]));
}

/** RFC 5952. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8 | (bytes[2 * i + 1] ?? 0)).toString(16));
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g)].toSorted((a, b) => b[0].length - a[0].length);
  const longest = runs[0];
  if (longest === undefined) return groups.join(':');
  const text = groups.join(':');
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
