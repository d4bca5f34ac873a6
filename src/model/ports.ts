// What a rule says of protocols and ports: `tcp/443`, `udp/8000-8999`, `tcp`, `icmp`. In rules *port* is always one of these, never of an element.

interface PortRange {
  /** `icmp`: of both families. */
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** First and last; absent: all. */
  readonly ports?: readonly [number, number];
}

export const PORT_HINT = 'is not a protocol with ports, such as tcp/443, udp/8000-8999, tcp or icmp';

export function parsePorts(text: string): PortRange | undefined {
  const [, protocol, first, last] = /^(tcp|udp|icmp)(?:\/(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(text) ?? [];
  if (protocol === undefined) return undefined;
  if (first === undefined) return { protocol: protocol as PortRange['protocol'] };
  const range = [Number(first), Number(last ?? first)] as const;
  return protocol !== 'icmp' && range[0] <= range[1] && range[1] <= 0xffff ? { protocol: protocol as 'tcp' | 'udp', ports: range } : undefined;
}

interface Forward { readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly toPort: number }
export const FORWARD_HINT = 'is not a forwarded port, such as tcp/8080:80 (outside: inside) or udp/53';

/** `tcp/8080:80`: what comes for 8080 goes to 80; `tcp/80`: to the same. */
export function parseForward(text: string): Forward | undefined {
  const [, protocol, from, to] = /^(tcp|udp)\/(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const [port, toPort] = [Number(from), Number(to ?? from)];
  const isPort = (n: number): boolean => n >= 1 && n <= 65_535;
  return protocol !== undefined && isPort(port) && isPort(toPort) ? { protocol: protocol as 'tcp', port, toPort } : undefined;
}
