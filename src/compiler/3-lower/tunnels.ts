// Which insertions make room for the header of a tunnel: `pkt.insert(x, 20)`, and the next fresh header behind x is an Ipv4 (40 and Ipv6
// alike): what was behind x is then inside of it. The kernel wants to know: only so it segments large packets with both headers. Or 20 bytes
// make the header of one family that of the other.

import type { Block, Expr, ExprOf, Statement } from '../2-check/tree.ts';

type Tunnel = 'Ipv4' | 'Ipv6';
/** `translation`: 20 bytes for an Ipv6 where an Ipv4 was; segments get the one header that there is. */
export type Growth = Tunnel | 'translation';
const TRANSLATED_BYTES = 20n;

const tunnels = new WeakMap<Block, ReadonlyMap<Expr, Growth>>();

/** Of a function's body. */
export function tunnelsOf(body: Block): ReadonlyMap<Expr, Growth> {
  const known = tunnels.get(body);
  if (known !== undefined) return known;
  const found = new Map<Expr, Growth>();
  visit(body, [], found);
  tunnels.set(body, found);
  return found;
}

/** `open`: insertions on the way that nothing was written behind yet. */
function visit(node: unknown, open: ExprOf<'insert' | 'remove'>[], found: Map<Expr, Growth>): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) { for (const child of node) visit(child, open, found); return; }
  const code = node as Expr | Statement | { readonly kind?: 'function' };
  if (code.kind === 'function') return;
  if (code.kind === 'block') { const inside = [...open]; for (const child of code.statements) visit(child, inside, found); return; }
  for (const [key, child] of Object.entries(code)) if (!NOT_CODE.has(key)) visit(child, open, found);
  if (code.kind === 'insert') open.push(code);
  if (code.kind === 'fresh') filled(code, open, found);
}
const NOT_CODE = new Set(['type', 'header', 'member', 'at', 'symbol', 'field', 'local', 'function']);

function filled(fresh: ExprOf<'fresh'>, open: ExprOf<'insert' | 'remove'>[], found: Map<Expr, Growth>): void {
  const { name, bytes } = fresh.header;
  const insert = open.findLast(i => behind(i.after) !== undefined && behind(i.after) === behind(fresh.after));
  if (insert === undefined) return;
  open.splice(open.indexOf(insert), 1);
  if (name !== 'Ipv4' && name !== 'Ipv6') return;
  if (name === 'Ipv6' && insert.count.kind === 'const' && insert.count.value === TRANSLATED_BYTES) found.set(insert, 'translation');
  if (insert.count.kind === 'const' && insert.count.value === BigInt(bytes)) found.set(insert, name);
}

function behind(e: Expr): unknown {
  switch (e.kind) {
    case 'local': return e.local;
    case 'convert': case 'unwrap': case 'wrap': case 'refine': return behind(e.value);
    default: return undefined;
  }
}
