// XDP programs on both engines, side by side: the kernel says what is right.

import assert from 'node:assert/strict';
import { assemble } from '../src/isa/assemble.ts';
import { encode } from '../src/isa/encode.ts';
import { IMPLEMENTATIONS } from '../src/vm/fixtures/both.ts';
import { createVm } from '../src/vm/vm.ts';
import { kernelTest } from './require.ts';

const FRAME = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
const adjust = (name: string, ...bytes: number[]): string =>
  `mov %r6, %r1\n${bytes.map(n => `mov %r1, %r6\nmov %r2, ${n}\ncall ${name}`).join('\n')}\nmov %r7, %r0
  ldxw %r2, [%r6+0]\nldxw %r3, [%r6+4]\nmov %r4, %r2\nadd %r4, 14\njgt %r4, %r3, out\nstb [%r2+0], 0xaa\nstb [%r2+13], 0xbb\nout: mov %r0, %r7\nexit`;

const CASES: readonly (readonly [name: string, text: string])[] = [
  ['a header is pushed', adjust('xdp_adjust_head', -32)],
  ['a header is cut off', adjust('xdp_adjust_head', 20)],
  ['pushed and cut off', adjust('xdp_adjust_head', -32, 46)],
  ['more headroom than there is', adjust('xdp_adjust_head', -257)],
  ['less than an Ethernet header is left', adjust('xdp_adjust_head', 51)],
  ['just an Ethernet header is left', adjust('xdp_adjust_head', 50)],
  ['the tail is cut off', adjust('xdp_adjust_tail', -20)],
  ['the tail grows', adjust('xdp_adjust_tail', 32)],
  ['the tail shrinks and grows', adjust('xdp_adjust_tail', -20, 10)],
  ['the tail shrinks too far', adjust('xdp_adjust_tail', -51)],
  ['the tail grows past its page', adjust('xdp_adjust_tail', 5000)],
  ['metadata are put before the packet, and travel with its start', `${adjust('xdp_adjust_meta', -8).replace(/ldxw %r2, \[%r6\+0\][\s\S]*/, '')}
  ldxw %r2, [%r6+8]\nldxw %r3, [%r6+0]\nmov %r4, %r2\nadd %r4, 8\njgt %r4, %r3, out\nstdw [%r2], 0x77665544
  mov %r1, %r6\nmov %r2, -14\ncall xdp_adjust_head
  ldxw %r2, [%r6+8]\nldxw %r3, [%r6+0]\nmov %r4, %r2\nadd %r4, 8\njgt %r4, %r3, out\nldxdw %r7, [%r2]\nout: mov %r0, %r7\nexit`],
  ['metadata of no whole words', adjust('xdp_adjust_meta', -6)],
  ['more metadata than there may be', adjust('xdp_adjust_meta', -260)],
  ['metadata behind the start', adjust('xdp_adjust_meta', 4)],
  ['metadata given back', adjust('xdp_adjust_meta', -32, 16)],
  ...([['xdp_load_bytes', 10, 8], ['xdp_load_bytes', 60, 8], ['xdp_load_bytes', 0x10000, 8], ['xdp_store_bytes', 30, 8], ['xdp_store_bytes', 57, 8]] as const).map(([name, at, bytes]): [string, string] => [
    `${name} at ${at}`, `stdw [%r10-8], 0x55443322\nmov %r2, ${at}\nmov %r3, %r10\nadd %r3, -8\nmov %r4, ${bytes}\ncall ${name}\nldxw %r1, [%r10-8]\nadd %r0, %r1\nexit`]),
  ['redirect with a flag', 'mov %r1, 1\nmov %r2, 1\ncall redirect\nexit'],
];

for (const [name, text] of CASES) {
  kernelTest(`vm and kernel agree: XDP, ${name}`, async () => {
    const assembled = assemble(text);
    assert.ok(assembled.ok, assembled.ok ? '' : assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
    const code = encode(assembled.insns);
    const { loadProgram } = await import('../src/kernel/program.ts');
    const { testRun } = await import('../src/kernel/test-run.ts');
    using program = loadProgram({ name: 'agree', hook: 'xdp', code });
    const onKernel = testRun(program, { packet: FRAME });
    for (const implementation of IMPLEMENTATIONS) {
      const loaded = createVm({ implementation }).load({ name, hook: 'xdp', code });
      assert.ok(loaded.ok);
      const onVm = loaded.value.run({ frame: FRAME });
      assert.ok(onVm.ok, onVm.ok ? '' : onVm.fault.reason);
      assert.deepEqual(
        { returnCode: onVm.value.returnCode, frame: Buffer.concat([onVm.value.metadata, onVm.value.frame]).toString('hex') },
        { returnCode: onKernel.verdict, frame: Buffer.from(onKernel.packet).toString('hex') },
        implementation,
      );
    }
  });
}
