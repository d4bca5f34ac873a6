// What constructs of the language mean: small modules, compiled and run in the vm and, where there is one, in the kernel.
// A program says what it computed by the port that it sends to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCases } from '../../cases/run-cases.ts';
import type { Image } from '../../image/image.ts';
import { build } from '../../lang/packets/build.ts';
import { bytes, cases, data, dropped, eth, flooded, icmp, icmpv6, ipv4, ipv6, neighbor, passed, replied, send, tcp, to, udp, wait, type Cases, type Frame } from '../../lang/packets.ts';
import { readFileSync } from 'node:fs';
import { whyNoKernel } from '../../../test/require.ts';
import { compile } from '../compile.ts';
import { formatDiagnostic } from '../diagnostics/diagnostic.ts';

type Steps = Cases['cases'][string];

function read(path: string, source: string): string | undefined {
  if (path === 'modules/m/m.ts') return source;
  return path.startsWith('iovisor/') ? readFileSync(new URL(`../../lang/lib/${path.slice(8)}`, import.meta.url), 'utf8') : undefined;
}

function imageOf(source: string): Image {
  const { image, diagnostics } = compile({ read: path => read(path, source), entry: 'modules/m/m.ts' });
  assert.ok(image, diagnostics.map(formatDiagnostic).join('\n'));
  return image;
}

/** Names that the body uses are imported for it. */
function moduleOf(body: string, declarations = ''): string {
  const program = `export default module(pkt => {\n${body}\n});`;
  const code = `${declarations}\n${program}`;
  const values = ['Arp', 'ArrayMap', 'AnyIcmp', 'Eth', 'ExpiringMap', 'HashMap', 'Icmp', 'Icmpv6', 'Ip', 'IpProto', 'Ipv4', 'Ipv6', 'L4', 'LpmTrie', 'LruHashMap', 'Mac', 'Neighbor', 'PerCpuArray', 'Ports', 'Tcp', 'Udp', 'Vlan',
    'compareSwap', 'config', 'drop', 'fetchAdd', 'flood', 'hash', 'i32', 'ipv4', 'ipv6', 'mac', 'mapped', 'max', 'min', 'module', 'range', 'reply', 'seconds', 'shape', 'to', 'u16', 'u32', 'u64', 'u128', 'u8', 'unmapped'];
  const types = ['Packet', 'Verdict', 'Ip4', 'Ip6', 'be16', 'be32'];
  const used = values.filter(name => new RegExp(`\\b${name}\\b`).test(code));
  const usedTypes = types.filter(name => new RegExp(`\\b${name}\\b`).test(code));
  return `import { ${[...used, ...usedTypes.map(name => `type ${name}`)].join(', ')} } from 'iovisor/module';\n${code}`;
}

function runs(name: string, source: string, steps: Steps, given: Cases['given'] = {}): void {
  for (const engine of ['vm', 'kernel'] as const) {
    const why = engine === 'kernel' ? whyNoKernel() : undefined;
    test(`${name} (${engine})`, why === undefined ? {} : { skip: why }, () => {
      const [result] = runCases({ image: imageOf(source), cases: { ...cases({}, {}), given, cases: { [name]: steps } }, engine });
      assert.ok(result?.ok, result?.difference);
    });
  }
}

const a = '02:00:00:00:00:0a';
const b = '02:00:00:00:00:0b';
const plain: Frame = [eth({ dst: b, src: a }), data(50)];
const gives = (name: string, body: string, port: number, declarations = ''): void => runs(name, moduleOf(body, declarations), [send(7, plain, to(port))]);

// ---- integers
gives('arithmetic of 8 and 16 bits wraps', 'const a = u8(pkt.port); const x = u8(a - 8); const y = u8(u16(x) * 3); return to(u16(x) + (u16(y) << u16(8)));', 0xff + (0xfd << 8));
gives('wrapping of u16', 'const a = u16(pkt.port); return to(u16(a - 8));', 0xffff);
gives('division by zero is 0, remainder the dividend', 'const zero = u32(pkt.port) - 7; return to(u16(u32(pkt.port) / zero + u32(pkt.port) % zero));', 7);
gives('64 bits', 'const x = u64(pkt.port) * 0x1_0000_0001n; return to(u16((x >> 32n) + ((x & 0xffn) << 4n)));', 7 + 7 * 16);
gives('128 bits: carries, shifts, comparison', `
  const big = u128(pkt.port) << 100n;
  const sum = big + (u128(0xffff_ffff_ffff_ffffn) + u128(pkt.port));
  const back = sum >> 64n;
  return to(u16(u32(back & 0xffn) + (sum > big ? 100 : 0) + (sum === big ? 1000 : 0) + u32(sum - big & 0xfn)));`, 1 + 100 + 6);
gives('signed comparison', 'const x = i32(pkt.port) - 9; return to(x < 0 ? 1 : 2);', 1);
gives('signed shift and widening', 'const x = i32(pkt.port) - 9; return to(u16(u64(x >> 1) & 0xffn));', 0xff);
gives('min and max', 'return to(min(max(pkt.port, 3), 5));', 5);
gives('complement and negation', 'const x = u16(pkt.port); return to(u16(~x) & 0xf0 | u16(-x & 0xf));', 0xf9);

// ---- control
gives('a short loop', 'let sum = u32(0); for (let i = u8(0); i < 5; i++) { if (i === 3) continue; sum = sum + i; } return to(u16(sum));', 7);
gives('a long loop with a break', 'let sum = u32(0); for (const i of range(pkt.length, 200)) { if (i === 40) break; sum = sum + i; } return to(u16(sum));', 780);
gives('a loop in a loop', 'let sum = u32(0); for (const i of range(u32(pkt.port), 20)) { for (const j of range(i, 20)) { sum = sum + j; } } return to(u16(sum));', 35);
gives('range stops at most', 'let n = u32(0); for (const i of range(1000, 12)) { n = n + 1 + (i & 0); } return to(u16(n));', 12);
gives('switch', 'let x = u16(0); switch (pkt.port) { case 1: x = 10; break; case 6: case 7: x = 70; break; default: x = 99; } return to(x);', 70);
gives('switch by default', 'switch (u32(pkt.port)) { case 1: return to(1); default: return to(98); }', 98);
gives('functions and closures', 'let n = u16(0); const add = (by: u16) => { n = u16(n + by); }; add(twice(pkt.port)); add(1); return to(n);', 15, 'function twice(x: u16): u16 { return u16(x * 2); }');
gives('a variable takes a copy of a struct', 'const p: P = { x: 1, y: 2 }; const q = p; q.x = pkt.port; const r: P = { ...p, y: 9 }; r.x = 100; return to(u16(p.x + p.y * 10 + r.y * 100));', 1 + 20 + 900, 'class P { x: u16 = 0; y: u16 = 0; }');
gives('a struct changed on one way', 'const p: P = { x: 1 }; if (pkt.length > 60) { p.x = 5; } return to(p.x);', 5, 'class P { x: u16 = 0 }');
gives('an optional that two ways meet over', 'const x = maybe(pkt.port); const y = pkt.length; return to(x === undefined ? 3 : u16(x + (y & 0)));', 8, 'function maybe(p: u16): u16 | undefined { return p > 3 ? u16(p + 1) : undefined; }');
gives('optional chains', 'const p = find(pkt.port); const q = find(u16(pkt.port + 1)); return to(u16((p?.x ?? 50) + (q?.x ?? 60)));', 7 + 60, 'class P { x: u16 = 0 }\nfunction find(p: u16): P | undefined { if (p !== 7) return undefined; const f: P = { x: p }; return f; }');

// ---- packets
const v4 = (l4: Frame, fields: Partial<Parameters<typeof ipv4>[0]> = {}): Frame => [eth({ dst: b, src: a }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ...fields }), ...l4];
const v6 = (l4: Frame): Frame => [eth({ dst: b, src: a }), ipv6({ src: 'fd00::1', dst: 'fd00::2' }), ...l4];
const which = moduleOf(`
  const ip = pkt.at(Eth).payload(Ip);
  if (!ip) return to(1);
  if (ip.isLaterFragment) return to(2);
  const tcp = ip.payload(Tcp);
  if (tcp) return tcp.opens ? to(tcp.dstPort) : to(3);
  const ports = ip.payload(Ports);
  if (ports) return to(ports.srcPort);
  return ip.payload(AnyIcmp)?.isEchoRequest ? to(4) : to(5);`);
runs('headers of both families', which, [
  send(7, plain, to(1)),
  send(7, v4([tcp({ srcPort: 5, dstPort: 80, flags: 'S' })]), to(80)), send(7, v4([tcp({ srcPort: 5, dstPort: 80, flags: 'SA' })]), to(3)),
  send(7, v6([tcp({ srcPort: 5, dstPort: 81, flags: 'S' })]), to(81)),
  send(7, v4([udp({ srcPort: 99, dstPort: 1 })]), to(99)), send(7, v6([udp({ srcPort: 98, dstPort: 1 })]), to(98)),
  send(7, v4([icmp({ type: 8 })]), to(4)), send(7, v6([icmpv6({ type: 128 })]), to(4)), send(7, v6([icmpv6({ type: 129 })]), to(5)),
  send(7, v4([data(30)], { frag: 5 }), to(2)), send(7, v4([]), to(5)),
  send(7, v4([bytes('0011')]), to(5)), send(7, [bytes(Buffer.from(build(v4([udp({ srcPort: 1, dstPort: 2 })])).subarray(0, 37)).toString('hex'))], dropped('short')),
]);

/** IPv6 with extension headers, made by hand: a chain of [type, bytes]. */
const chained = (types: readonly (readonly [type: number, bytes: readonly number[]])[], l4: Uint8Array): Frame => {
  const next = (i: number): number => types[i]?.[0] ?? 17;
  const extensions = types.flatMap(([, bytes], i) => [next(i + 1), ...bytes]);
  const behind = [...extensions, ...l4];
  const whole = build([eth({ dst: b, src: a }), ipv6({ src: 'fd00::1', dst: 'fd00::2' }), data(behind.length)]);
  whole[20] = next(0);
  whole.set(behind, 54);
  return [bytes(Buffer.from(whole).toString('hex'))];
};
const options = [0, ...new Array<number>(6).fill(0)] as const;
const datagram = build([udp({ srcPort: 77, dstPort: 1 }), data(8)]);
runs('extension headers of IPv6', which, [
  send(7, chained([], datagram), to(77)),
  send(7, chained([[0, options]], datagram), to(77)),
  send(7, chained([[0, options], [43, [1, ...new Array<number>(14).fill(0)]], [60, options]], datagram), to(77)),
  send(7, chained([[51, [4, ...new Array<number>(22).fill(0)]]], datagram), to(77)),
  send(7, chained([[44, [0, 0, 1, 0, 0, 0, 9]]], datagram), to(77)),
  send(7, chained([[60, options], [60, options], [60, options], [60, options], [60, options], [60, options]], datagram), to(77)),
  send(7, chained([[60, options], [60, options], [60, options], [60, options], [60, options], [60, options], [60, options]], datagram), dropped('extension-headers')),
  send(7, chained([[0, [200]]], new Uint8Array(12)), dropped('short')),
]);

runs('rewriting IPv4 and UDP keeps both checksums', moduleOf(`
  const ip = pkt.at(Eth).payload(Ipv4);
  const udp = ip?.payload(Udp);
  if (!ip || !udp) return drop('other');
  ip.rewrite({ src: ipv4('192.168.7.9'), ttl: ip.ttl - 1 & 0xff }, udp);
  udp.rewrite({ srcPort: 4242 });
  return to(1);`), [
  send(7, v4([udp({ srcPort: 5, dstPort: 53 }), data('question')]), to(1, v4([udp({ srcPort: 4242, dstPort: 53 }), data('question')], { src: '192.168.7.9', ttl: 63 }))),
]);
runs('rewriting IPv6 and TCP', moduleOf(`
  const ip = pkt.at(Eth).payload(Ipv6);
  const tcp = ip?.payload(Tcp);
  if (!ip || !tcp) return drop('other');
  ip.rewrite({ dst: ip.src, src: ip.dst }, tcp);
  tcp.rewrite({ srcPort: tcp.dstPort, dstPort: tcp.srcPort });
  return reply();`), [
  send(7, v6([tcp({ srcPort: 5, dstPort: 53, flags: 'PA' }), data('x')]), replied([eth({ dst: b, src: a }), ipv6({ src: 'fd00::2', dst: 'fd00::1' }), tcp({ srcPort: 53, dstPort: 5, flags: 'PA' }), data('x')])),
]);
runs('rewriting addresses under any transport header', moduleOf(`
  const ip = pkt.at(Eth).payload(Ip);
  if (!ip) return drop('other');
  ip.rewrite({ src6: ip.dst6, dst6: ip.src6, ttl: 9 }, ip.payload(L4));
  return to(2);`), [v4, v6].flatMap((v, i) => [[udp({ srcPort: 5, dstPort: 6 }), data('a')], [tcp({ srcPort: 5, dstPort: 6, flags: 'S' })], i === 0 ? [icmp({ type: 8 })] : [icmpv6({ type: 128 })], [data('unknown')]].map(l4 =>
  send(1, v(l4), to(2, [eth({ dst: b, src: a }), i === 0 ? ipv4({ src: '10.0.0.2', dst: '10.0.0.1', ttl: 9 }) : ipv6({ src: 'fd00::2', dst: 'fd00::1', hopLimit: 9 }), ...l4])))));
runs('the packet that an error quotes', moduleOf(`
  const inner = pkt.at(Eth).payload(Ip)?.payload(AnyIcmp)?.quoted;
  return inner ? to(inner.payload(Ports)?.srcPort ?? 2) : to(1);`), [
  send(1, v4([icmp({ type: 3 }), ipv4({ src: '10.0.0.2', dst: '10.0.0.1' }), udp({ srcPort: 66, dstPort: 6 })]), to(66)),
  send(1, v6([icmpv6({ type: 1 }), ipv6({ src: 'fd00::2', dst: 'fd00::1' }), tcp({ srcPort: 67, dstPort: 6, flags: 'S' })]), to(67)),
  send(1, v4([icmp({ type: 8 }), ipv4({ src: '10.0.0.2', dst: '10.0.0.1' }), udp({ srcPort: 66, dstPort: 6 })]), to(1)),
  send(1, v4([icmp({ type: 3 }), data(4)]), to(1)),
]);
runs('an echo is answered in both families', `
  import { AnyIcmp, Eth, Ip, filter, next } from 'iovisor/module';
  import { answerEcho } from 'iovisor/answer';
  export default filter({ egress(pkt) {
    const eth = pkt.at(Eth);
    const ip = eth.payload(Ip);
    const icmp = ip?.payload(AnyIcmp);
    if (!ip || !icmp?.isEchoRequest) return next();
    return answerEcho(eth, ip, icmp);
  } });`, [
  send('egress', v4([icmp({ type: 8, id: 3, seq: 9 }), data('ping')]), replied([eth({ dst: a, src: b }), ipv4({ src: '10.0.0.2', dst: '10.0.0.1' }), icmp({ type: 0, id: 3, seq: 9 }), data('ping')])),
  send('egress', v6([icmpv6({ type: 128, id: 3, seq: 9 }), data('ping')]), replied([eth({ dst: a, src: b }), ipv6({ src: 'fd00::2', dst: 'fd00::1' }), icmpv6({ type: 129, id: 3, seq: 9 }), data('ping')])),
  send('egress', v4([udp({ srcPort: 1, dstPort: 2 })]), passed()),
  send('egress', v6([icmpv6({ type: 135 }), neighbor({ target: 'fd00::2' })]), passed()),
]);

// ---- maps
const table = 'class V { n: u32 = 0; big: u64 = 0n; }\nexport const t = new HashMap<u16, V>(4);';
runs('a hash map', moduleOf(`
  const v = t.get(pkt.port);
  if (v) { v.n += 3; v.big |= 0x100n; return to(u16(v.n)); }
  return t.set(pkt.port, { n: 1, big: 0n }, 'new') ? flood() : drop('full');`, table), [
  send(1, plain, flooded()), send(1, plain, to(4)), send(1, plain, to(7)), send(2, plain, flooded()), send(2, plain, to(4)),
]);
runs('modes of set, and delete', moduleOf(`
  if (pkt.port === 1) return to(u16(u8(t.set(5, 1, 'exists'))) + u16(u8(t.set(5, 2, 'new'))) * 2 + u16(u8(t.set(5, 3, 'new'))) * 4 + u16(u8(t.set(5, 4, 'exists'))) * 8);
  if (pkt.port === 2) return to(t.get(5) ?? 999);
  return t.delete(5) ? to(1) : to(2);`, 'export const t = new LruHashMap<u16, u16>(4);'), [
  send(1, plain, to(2 + 8)), send(2, plain, to(4)), send(3, plain, to(1)), send(3, plain, to(2)), send(2, plain, to(999)),
]);
runs('an array, by constant and by variable', moduleOf(`
  const v = t.get(pkt.port);
  if (!v) return drop('no-such-entry');
  v.n += 1;
  return to(u16(v.n + (t.get(2)?.n ?? 0) * 10));`, 'class V { n: u32 = 0 }\nexport const t = new ArrayMap<V>(4);'), [
  send(1, plain, to(21)), send(2, plain, to(33)), send(1, plain, to(32)), send(4, plain, dropped('no-such-entry')),
], { t: [{ n: 0 }, { n: 0 }, { n: 2 }] });
runs('a value of each CPU', moduleOf(`
  const v = t.get(0);
  if (!v) return drop('no-such-entry');
  v.n++;
  return v.n > 0n ? to(1) : to(2);`, 'class V { n: u64 = 0n }\nexport const t = new PerCpuArray<V>(1);'), [send(1, plain, to(1))]);
runs('keys of structs have no rubbish in their padding', moduleOf(`
  const k: K = { a: 1, b: pkt.port, c: mapped(ipv4('10.0.0.1')) };
  return t.get(k) === undefined ? drop('missing') : to(1);`, 'class K { a: u8 = 0; b: be16 = 0; c: Ip6 = 0n; }\nexport const t = new HashMap<K, u8>(4);'), [
  send(0x1234, plain, to(1)), send(3, plain, dropped('missing')),
], { t: [[{ a: 1, b: 0x1234, c: '10.0.0.1' }, 5]] });
runs('a trie of prefixes', moduleOf(`
  const ip = pkt.at(Eth).payload(Ipv4);
  return ip ? to(t.get(ip.dst) ?? 1) : drop('other');`, 'export const t = new LpmTrie<Ip4, u16>(8);'), [
  send(1, v4([data(1)]), to(24)), send(1, [eth({ dst: b, src: a }), ipv4({ src: '10.0.0.1', dst: '10.9.9.9' })], to(8)),
  send(1, [eth({ dst: b, src: a }), ipv4({ src: '10.0.0.1', dst: '11.0.0.1' })], to(1)),
], { t: [['10.0.0.0/24', 24], ['10.0.0.0/8', 8]] });
runs('an expiring map', moduleOf(`
  if (pkt.port === 1) return t.set(9, { n: 1 }, 10) ? to(1) : drop('full');
  if (pkt.port === 2) return t.set(9, { n: 2 }, 10, 'new') ? to(1) : to(2);
  if (pkt.port === 4) return t.set(9, { n: 4 }, 10, 'exists') ? to(1) : to(2);
  const v = t.get(9);
  if (!v) return drop('dead');
  if (pkt.port === 3) return t.keep(v, 100) ? to(1) : to(2);
  return to(u16(v.n));`, 'class V { n: u32 = 0 }\nexport const t = new ExpiringMap<u16, V>(4);'), [
  send(0, plain, dropped('dead')), send(1, plain, to(1)), send(0, plain, to(1)), send(2, plain, to(2)), wait(11), send(0, plain, dropped('dead')),
  send(4, plain, to(2)), send(2, plain, to(1)), send(0, plain, to(2)), send(3, plain, to(1)), send(3, plain, to(2)), wait(50), send(0, plain, to(2)), send(4, plain, to(1)), send(0, plain, to(4)),
]);
runs('entries of control stay', moduleOf(`
  const v = t.get(9);
  if (!v) return drop('dead');
  return t.keep(v, 1) ? to(1) : to(2);`, 'class V { n: u32 = 0 }\nexport const t = new ExpiringMap<u16, V>(4);'), [wait(100_000), send(1, plain, to(2))], { t: [[9, { n: 1 }]] });
runs('atomic words', moduleOf(`
  const v = t.get(1);
  if (!v) return drop('missing');
  const old = fetchAdd(v, 'n', 5);
  const swapped = compareSwap(v, 'big', 0n, 7n);
  return to(u16(old + v.n * 10 + (swapped ? 1000 : 0)));`, table), [send(1, plain, to(1 + 60 + 1000)), send(1, plain, to(6 + 110))], { t: [[1, { n: 1, big: '0' }]] });
runs('settings and shape', moduleOf('if (!s.on) return drop(\'off\'); return to(u16(c.list[1] + c.more));', 'export const c = config(class { list: [u16, u16] = [3, 4]; more: u16 = 10; });\nexport const s = shape(class { on: boolean = false });'), [
  send(1, plain, to(24)),
], { c: { more: 20 }, s: { on: true } });
gives('a hash is spread and the same', 'const h = hash(1, pkt.port, u64(5)); return h === hash(1, pkt.port, u64(5)) && h !== hash(2, pkt.port, u64(5)) ? to(1) : to(2);', 1);
