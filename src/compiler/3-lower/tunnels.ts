// Which insertions make room for the header of a tunnel: `pkt.insert(x, 20)`, and the next fresh header behind x is an Ipv4 that carries IP
// (40 and Ipv6 alike). The kernel wants to know: only then does it segment large packets with both headers in each segment.

import type { Block, Expr, ExprOf, Local, Statement } from '../2-check/tree.ts';

export type Tunnel = 'Ipv4' | 'Ipv6';

/** IPPROTO_IPIP, IPPROTO_IPV6. */
const CARRIES_IP: ReadonlySet<bigint> = new Set([4n, 41n]);
const tunnels = new WeakMap<Block, ReadonlyMap<Expr, Tunnel>>();

/** Of a function's body. */
export function tunnelsOf(body: Block): ReadonlyMap<Expr, Tunnel> {
  const known = tunnels.get(body);
  if (known !== undefined) return known;
  const search: Search = { found: new Map(), values: new Map() };
  visit(body, [], search);
  tunnels.set(body, search.found);
  return search.found;
}

/** `values`: of locals that are never assigned. */
interface Search { readonly found: Map<Expr, Tunnel>; readonly values: Map<Local, Expr> }

/** `open`: insertions on the way that nothing was written behind yet. */
function visit(node: unknown, open: ExprOf<'insert' | 'remove'>[], search: Search): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) { for (const child of node) visit(child, open, search); return; }
  const code = node as Expr | Statement | { readonly kind?: 'function' };
  if (code.kind === 'function') return;
  if (code.kind === 'block') { const inside = [...open]; for (const child of code.statements) visit(child, inside, search); return; }
  for (const [key, child] of Object.entries(code)) if (!NOT_CODE.has(key)) visit(child, open, search);
  if (code.kind === 'let' && code.value && !code.local.mutable) search.values.set(code.local, code.value);
  if (code.kind === 'insert') open.push(code);
  if (code.kind === 'fresh') filled(code, open, search);
}
const NOT_CODE = new Set(['type', 'header', 'member', 'at', 'symbol', 'field', 'local', 'function']);

function filled(fresh: ExprOf<'fresh'>, open: ExprOf<'insert' | 'remove'>[], { found, values }: Search): void {
  const { name, bytes } = fresh.header;
  const insert = open.findLast(i => behind(i.after) !== undefined && behind(i.after) === behind(fresh.after));
  if (insert === undefined) return;
  open.splice(open.indexOf(insert), 1);
  const says = fresh.fields.find(({ member }) => member.name === 'protocol')?.value;
  if ((name !== 'Ipv4' && name !== 'Ipv6') || says === undefined || !carriesIp(says, values)) return;
  if (insert.count.kind === 'const' && insert.count.value === BigInt(bytes)) found.set(insert, name);
}

function behind(e: Expr): unknown {
  switch (e.kind) {
    case 'local': return e.local;
    case 'convert': case 'unwrap': case 'wrap': case 'refine': return behind(e.value);
    default: return undefined;
  }
}

function carriesIp(e: Expr, values: Search['values']): boolean {
  switch (e.kind) {
    case 'const': return typeof e.value === 'bigint' && CARRIES_IP.has(e.value);
    case 'convert': return carriesIp(e.value, values);
    case 'select': return carriesIp(e.then, values) && carriesIp(e.else, values);
    case 'local': { const value = values.get(e.local); return value !== undefined && carriesIp(value, values); }
    default: return false;
  }
}
