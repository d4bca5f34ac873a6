// The BTF that src/image makes, before this machine's kernel: it is accepted for every kind of map and for programs with functions,
// and the verifier's log shows the lines of the source.

import assert from 'node:assert/strict';
import { kernelTest } from '../../test/require.ts';
import { describe } from '../image/btf.ts';
import { declare } from '../image/fixtures/arbitrary.ts';
import type { LineEntry, MapKind } from '../image/image.ts';
import { struct, type Layout } from '../image/layout.ts';
import { assemble } from '../isa/assemble.ts';
import { encode } from '../isa/encode.ts';
import { loadBtf } from './btf.ts';
import { createMap } from './map.ts';
import { mapSpecOf } from './map-types.ts';
import { loadProgram } from './program.ts';
import { ProgramRefused } from './refusal.ts';

const int = (bits: 8 | 16 | 32 | 64 | 128, order: 'little' | 'big' = 'little'): Layout => ({ kind: 'int', bits, signed: false, order });
const EVERYTHING = struct('Place', [
  { name: 'port', layout: int(16) }, { name: 'address', layout: int(128, 'big') }, { name: 'since', layout: int(64) }, { name: 'weight', layout: { kind: 'int', bits: 32, signed: true, order: 'little' } },
  { name: 'mac', layout: { kind: 'mac' } }, { name: 'on', layout: { kind: 'bool' } }, { name: 'id', layout: { kind: 'bytes', length: 5 } },
  { name: 'pairs', layout: { kind: 'array', length: 2, element: struct('Pair', [{ name: 'a', layout: int(8) }, { name: 'b', layout: int(32, 'big') }]) } },
]);
const KINDS: readonly MapKind[] = ['hash', 'lru', 'expiring', 'lpm', 'array', 'percpu-array', 'percpu-hash', 'ring', 'config', 'shape'];

for (const key of [{ kind: 'mac' }, EVERYTHING, int(64)] as const) {
  kernelTest(`types of keys and values: key ${key.kind}`, () => {
    const maps = KINDS.map(kind => declare({ name: `m_${kind}`, kind, key, value: EVERYTHING, capacity: kind === 'ring' ? 4096 : 4 }));
    const btf = describe({ maps });
    using loaded = loadBtf(btf.bytes);
    maps.forEach((map, i) => {
      const types = btf.maps[i];
      using live = createMap(mapSpecOf(map), types ? { btf: { fd: loaded.fd, ...types } } : {});
      assert.equal(live.valueBytes, map.valueBytes);
    });
  });
}

const line = (slot: number, n: number, text: string): LineEntry => ({ slot, file: 0, line: n, column: 5, text });

function program(text: string, functions: readonly { slot: number; name: string }[], lines: readonly LineEntry[]) {
  const assembled = assemble(text);
  assert.ok(assembled.ok, JSON.stringify(assembled));
  const described = { name: 'bridge_main', hook: 'tc' as const, files: ['modules/bridge/bridge.ts'], lines, functions };
  const btf = describe({ programs: [described] });
  return { code: encode(assembled.insns), btf, records: btf.programs[0]!, described };
}

kernelTest('a program with a function, its names and lines', () => {
  const { code, btf, records } = program('call local double\nmov %r0, 2\nexit\ndouble: mov %r0, 0\nexit',
    [{ slot: 3, name: 'double' }], [line(0, 12, 'double(pkt.port);'), line(1, 13, 'return drop(\'ünï\');'), line(3, 40, 'return 2 * n;')]);
  using loaded = loadBtf(btf.bytes);
  using live = loadProgram({ name: 'bridge_main', hook: 'tc', code, btf: { fd: loaded.fd, funcInfo: records.funcInfo, lineInfo: records.lineInfo } });
  assert.equal(live.info().name, 'bridge_main');
});

kernelTest('a program without any line or function', () => {
  const { code, btf, records } = program('mov %r0, 2\nexit', [], []);
  using loaded = loadBtf(btf.bytes);
  using live = loadProgram({ name: 'empty', hook: 'tc', code, btf: { fd: loaded.fd, funcInfo: records.funcInfo, lineInfo: records.lineInfo } });
  assert.ok(live.fd > 0);
});

kernelTest('the verifier shows the line that it refuses', () => {
  const { code, btf, records, described } = program('mov %r0, 2\nldxw %r0, [%r1+4000]\nexit', [], [line(0, 7, 'const eth = pkt.at(Eth);'), line(1, 8, 'if (eth.src.isMulticast) return')]);
  using loaded = loadBtf(btf.bytes);
  assert.throws(() => loadProgram({ name: 'refused', hook: 'tc', code, btf: { fd: loaded.fd, funcInfo: records.funcInfo, lineInfo: records.lineInfo }, source: described }), (error: unknown) => {
    assert.ok(error instanceof ProgramRefused);
    assert.match(JSON.stringify({ ...error }), /if \(eth\.src\.isMulticast\) return/);
    return true;
  });
});
