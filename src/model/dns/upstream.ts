// Where a resolver is: an address, and a port if it is not that of DNS: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`.

import { formatAddress, parseAddress } from '../address.ts';

export interface Upstream { readonly address: string; readonly port: number }
const DNS_PORT = 53;

/** Undefined: it is none. The address comes in its canonical form. */
export function parseUpstream(text: string): Upstream | undefined {
  const [, six, four, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? text);
  const port = digits === undefined ? DNS_PORT : Number(digits);
  if (!address || port < 1 || port > 65_535 || (six !== undefined && address.family === 4)) return undefined;
  return { address: formatAddress(address), port };
}

export function formatUpstream({ address, port }: Upstream): string {
  if (port === DNS_PORT) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
