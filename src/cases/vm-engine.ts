// Packet cases in the user-space engine: its clock is ours, and it needs nothing of the machine.

import type { MapKind } from '../image/image.ts';
import type { MapType, VmMap } from '../vm/maps/map.ts';
import { createVm, DEFAULT_HZ } from '../vm/vm.ts';
import type { CaseEngine, CaseMap } from './engine.ts';

const TYPES: Readonly<Record<MapKind, MapType>> = {
  hash: 'HASH', lru: 'LRU_HASH', expiring: 'LRU_HASH', lpm: 'LPM_TRIE', array: 'ARRAY', 'percpu-array': 'PERCPU_ARRAY', 'percpu-hash': 'PERCPU_HASH',
  ring: 'RINGBUF', config: 'ARRAY', shape: 'ARRAY',
};
const START_SECONDS = 1000;

export function vmEngine(): CaseEngine {
  let seconds = START_SECONDS;
  let chance = 1;
  const random = (): number => chance = Math.imul(chance, 1103515245) + 12345 >>> 0;
  const vm = createVm({ nowNs: () => seconds * 1e9, random });
  return {
    hz: DEFAULT_HZ,
    createMap(decl) {
      const live = vm.createMap({ name: decl.name, type: TYPES[decl.kind], keyBytes: decl.keyBytes, valueBytes: decl.valueBytes, capacity: decl.capacity });
      return { handle: live.handle, live };
    },
    freeze: ({ live }: CaseMap) => { (live as VmMap).freeze(); },
    load(program, linked) {
      const loaded = vm.load({ name: program.name, hook: program.hook, code: linked.code });
      if (!loaded.ok) throw new Error(`the vm refuses ${program.name}: ${JSON.stringify(loaded)}`);
      const { value } = loaded;
      return {
        run(frame, cb) {
          const ran = value.hook === 'tc' ? value.run({ frame, cb } as never) : value.run({ frame } as never);
          if (!ran.ok) throw new Error(`${ran.program}: ${ran.fault.reason}`);
          const output = ran.value as unknown as { readonly returnCode: number; readonly frame: Uint8Array };
          return { result: output.returnCode >>> 0, frame: output.frame };
        },
      };
    },
    wait: more => { seconds += more; },
    close: () => {},
  };
}
