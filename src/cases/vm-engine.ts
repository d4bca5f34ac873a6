// Packet cases in the user-space engine: its clock is ours, and it needs nothing of the machine.

import { faultText } from '../vm/fault.ts';
import type { VmMap } from '../vm/maps/map.ts';
import { RingbufMap } from '../vm/maps/ringbuf.ts';
import { mapSpecOf } from '../vm/maps/of-image.ts';
import type { Implementation } from '../vm/loaders.ts';
import { createVm, DEFAULT_HZ } from '../vm/vm.ts';
import type { TcInput } from '../vm/hooks/tc.ts';
import type { PartialChecksum } from '../vm/packet/checksum.ts';
import type { CaseEngine, CaseMap } from './engine.ts';
import { finished, LINEAR_BYTES, unfinished, type PacketForm } from './forms.ts';

const START_SECONDS = 1000;

/** `form`: how packets come to tc programs. */
export function vmEngine(implementation?: Implementation, form: PacketForm = 'linear'): CaseEngine {
  let seconds = START_SECONDS;
  let chance = 1;
  const random = (): number => chance = Math.imul(chance, 1103515245) + 12345 >>> 0;
  const vm = createVm({ ...(implementation && { implementation }), nowNs: () => seconds * 1e9, random });
  return {
    hz: DEFAULT_HZ,
    createMap(decl) {
      const live = vm.createMap(mapSpecOf(decl));
      return { handle: live.handle, live };
    },
    freeze: ({ live }: CaseMap) => { (live as VmMap).freeze(); },
    drain: ({ live }) => live instanceof RingbufMap ? live.drain() : [],
    load(program, linked) {
      const loaded = vm.load({ name: program.name, hook: program.hook, code: linked.code, source: linked });
      if (!loaded.ok) throw new Error(`the vm refuses ${program.name}: ${JSON.stringify(loaded)}`);
      const { value } = loaded;
      return {
        reference: value.handle,
        run(frame, cb) {
          const ran = value.hook === 'tc' ? value.run({ ...formed(frame, form), cb } as never) : value.run({ frame } as never);
          if (!ran.ok) throw new Error(`${ran.program}: ${faultText(ran.fault)}`);
          const output = ran.value as unknown as { readonly returnCode: number; readonly frame: Uint8Array; readonly partial?: PartialChecksum };
          return { result: output.returnCode >>> 0, frame: output.partial ? finished(output.frame, output.partial) : output.frame };
        },
      };
    },
    wait: more => { seconds += more; },
    close: () => {},
  };
}

function formed(frame: Uint8Array, form: PacketForm): Pick<TcInput, 'frame' | 'checksum' | 'linearBytes'> {
  switch (form) {
    case 'linear': return { frame };
    case 'non-linear': return { frame, linearBytes: LINEAR_BYTES };
    case 'unfinished': {
      const changed = unfinished(frame);
      return changed ? { frame: changed, checksum: 'partial' } : { frame };
    }
  }
}
