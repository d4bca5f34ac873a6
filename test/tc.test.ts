// tc programs on both engines, side by side: the kernel says what is right.

import assert from 'node:assert/strict';
import { SKB } from '../src/image/abi.ts';
import { assemble } from '../src/isa/assemble.ts';
import { encode } from '../src/isa/encode.ts';
import { IMPLEMENTATIONS } from '../src/vm/fixtures/both.ts';
import { createVm } from '../src/vm/vm.ts';
import { kernelTest } from './require.ts';
import { DEFAULT_FRAME, TC_CASES } from './tc.cases.ts';

const SKB_BYTES = 192;
/** The device of packets in TEST_RUN: loopback, whose address none of them has. */
const LOOPBACK = { ifindex: 1, mtu: 65536 };
const PACKET_OTHERHOST = 3;

for (const { name, text, frame = DEFAULT_FRAME } of TC_CASES) {
  kernelTest(`vm and kernel agree: ${name}`, async () => {
    const assembled = assemble(text, { constants: SKB });
    assert.ok(assembled.ok, assembled.ok ? '' : assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
    const code = encode(assembled.insns);

    const { loadProgram } = await import('../src/kernel/program.ts');
    const { testRun } = await import('../src/kernel/test-run.ts');
    using program = loadProgram({ name: 'agree', hook: 'tc', code });
    const onKernel = testRun(program, { packet: frame, context: new Uint8Array(SKB_BYTES) });
    const context = new DataView(onKernel.context.buffer, onKernel.context.byteOffset);

    const words = (word: (i: number) => number): string[] => Array.from({ length: 5 }, (_, i) => (word(i) >>> 0).toString(16));
    for (const implementation of IMPLEMENTATIONS) {
      const loaded = createVm({ implementation, mtuOf: ifindex => ifindex === LOOPBACK.ifindex ? LOOPBACK.mtu : undefined }).load({ name, hook: 'tc', code });
      assert.ok(loaded.ok, loaded.ok ? '' : loaded.refusal.reason);
      const onVm = loaded.value.run({ frame, ifindex: LOOPBACK.ifindex, packetType: PACKET_OTHERHOST });
      assert.ok(onVm.ok, onVm.ok ? '' : onVm.fault.reason);
      assert.deepEqual(
        { returnCode: onVm.value.returnCode, cb: words(i => onVm.value.cb[i]!), frame: Buffer.from(onVm.value.frame).toString('hex') },
        { returnCode: onKernel.verdict, cb: words(i => context.getUint32(SKB.cb + 4 * i, true)), frame: Buffer.from(onKernel.packet).toString('hex') },
        implementation,
      );
    }
  });
}
