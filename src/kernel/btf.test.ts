// The kernel's opinion of the BTF that src/image makes: it loads, maps take its types, and the verifier's log shows the module's lines.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { kernelTest } from '../../test/require.ts';
import { arbitraryImage } from '../image/fixtures/arbitrary.ts';
import { btfOf, makeBtf } from '../image/btf.ts';
import type { LineEntry } from '../image/image.ts';
import { encode } from '../isa/encode.ts';
import type { Insn } from '../isa/insn.ts';
import { isSysError } from '../sys/errors.ts';
import { loadBtf } from './btf.ts';
import { createMap } from './map.ts';
import { mapSpecOf } from './map-types.ts';
import { loadProgram } from './program.ts';
import { ProgramRefused } from './refusal.ts';

const RUNS = 40;

kernelTest('the BTF of any image loads, and its maps are made with their types', () => {
  let made = 0;
  fc.assert(fc.property(arbitraryImage, image => {
    const btf = btfOf(image);
    using loaded = loadBtf(btf.bytes);
    image.maps.forEach((decl, i) => {
      const types = btf.maps[i];
      if (!types) return;
      // Sizes of arbitrary images are not those of real ones: what the kernel refuses without types it may refuse with them.
      let plain: string | undefined;
      try {
        createMap(mapSpecOf(decl, 2)).close();
      } catch (error) {
        if (!isSysError(error)) throw error;
        plain = error.code;
      }
      if (plain !== undefined) return;
      createMap(mapSpecOf(decl, 2), { btf: { fd: loaded.fd, ...types } }).close();
      made++;
    });
  }), { numRuns: RUNS });
  assert.ok(made > RUNS / 4, `only ${made} maps were made`);
});

kernelTest('broken BTF is refused in the kernel\'s words', () => {
  assert.throws(() => loadBtf(new Uint8Array(24)), (e: unknown) => isSysError(e, 'EINVAL'));
});

kernelTest('a program loads with functions and lines, and the log of a refused one shows them', () => {
  const line = (slot: number, at: number, text: string): LineEntry => ({ slot, file: 0, line: at, column: 3, text });
  const load = (insns: readonly Insn[], lines: readonly LineEntry[], functions: readonly { slot: number; name: string }[] = []) => {
    const files = ['modules/m/m.ts'];
    const btf = makeBtf({ programs: [{ name: 'main', hook: 'tc', files, lines, functions }] });
    using loaded = loadBtf(btf.bytes);
    const records = btf.programs[0]!;
    return loadProgram({ name: 'main', hook: 'tc', code: encode(insns), btf: { fd: loaded.fd, ...records }, source: { files, lines } });
  };
  const good = load([
    { kind: 'call-local', offset: 1 }, { kind: 'exit' },
    { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 2 }, { kind: 'exit' },
  ], [line(0, 5, 'return two();'), line(2, 9, 'return 2;')], [{ slot: 2, name: 'two' }]);
  good.close();
  assert.throws(() => load([
    { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 0 },
    { kind: 'load', size: 1, dst: 0, src: 0, offset: 0 }, { kind: 'exit' },
  ], [line(0, 5, 'const nothing = 0;'), line(1, 6, 'return nothing.field;')]), (error: unknown) => {
    assert.ok(error instanceof ProgramRefused);
    assert.deepEqual(error.place, { file: 'modules/m/m.ts', line: 6, column: 3 });
    assert.match(error.log, /return nothing\.field;/);
    return true;
  });
});
