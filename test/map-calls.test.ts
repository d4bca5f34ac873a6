// Helper functions on maps, on the vm and on the kernel.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SKB } from '../src/image/abi.ts';
import type { LiveMap } from '../src/image/live-map.ts';
import { assemble } from '../src/isa/assemble.ts';
import { encode } from '../src/isa/encode.ts';
import { IMPLEMENTATIONS } from '../src/vm/fixtures/both.ts';
import type { RingbufMap } from '../src/vm/maps/ringbuf.ts';
import type { VmMap } from '../src/vm/maps/map.ts';
import { createVm } from '../src/vm/vm.ts';
import { MAP_CALLS_CONTRACT } from './map-calls.contract.ts';
import { kernelTest } from './require.ts';

const FRAME = new Uint8Array(64);
const SKB_BYTES = 192;

function codeOf(text: string): Uint8Array {
  const assembled = assemble(`mov %r6, %r1\n${text}`, { constants: SKB });
  assert.ok(assembled.ok, assembled.ok ? '' : assembled.errors.map(e => `${e.line}: ${e.message}`).join('\n'));
  return encode(assembled.insns);
}

for (const { name, body } of MAP_CALLS_CONTRACT) {
  for (const implementation of IMPLEMENTATIONS) test(`${implementation}: ${name}`, () => {
    const vm = createVm({ implementation });
    body({
      drain: map => (map as RingbufMap).drain(),
      make: (spec, innerMap) => vm.createMap(spec, innerMap === undefined ? {} : { innerMap: innerMap as VmMap }),
      run(text) {
        const loaded = vm.load({ name: 'calls', hook: 'tc', code: codeOf(text) });
        assert.ok(loaded.ok, loaded.ok ? '' : `slot ${loaded.refusal.slot}: ${loaded.refusal.reason}`);
        const ended = loaded.value.run({ frame: FRAME });
        assert.ok(ended.ok, ended.ok ? '' : JSON.stringify(ended.fault));
        return ended.value.cb;
      },
    });
  });
  kernelTest(`kernel: ${name}`, async () => {
    const { createMap, KernelMap } = await import('../src/kernel/map.ts');
    const { loadProgram } = await import('../src/kernel/program.ts');
    const { testRun } = await import('../src/kernel/test-run.ts');
    const { RingBuffer } = await import('../src/kernel/ring-buffer.ts');
    const live = new Set<LiveMap>();
    try {
      body({
        drain(map) {
          using ring = new RingBuffer(map as InstanceType<typeof KernelMap>);
          const records: Uint8Array[] = [];
          ring.drain(record => { records.push(record.slice()); });
          return records;
        },
        make(spec, innerMap) {
          const map = createMap(spec, innerMap instanceof KernelMap ? { innerMap } : {});
          live.add(map);
          return map;
        },
        run(text) {
          using program = loadProgram({ name: 'calls', hook: 'tc', code: codeOf(text) });
          const { context } = testRun(program, { packet: FRAME, context: new Uint8Array(SKB_BYTES) });
          return [...new Uint32Array(context.slice(SKB.cb, SKB.cb + 20).buffer)];
        },
      });
    } finally {
      for (const map of live) map.close();
    }
  });
}
