// Opens the vm driver of one simulated server.

import { ComposedDatapath } from '../compose/datapath.ts';
import type { Datapath } from '../datapath.ts';
import { VmEngine } from './engine.ts';
import type { Lab } from './lab.ts';

interface VmDatapathOptions {
  readonly lab: Lab;
  readonly server: string;
}

/** Adopts what the server has in the laboratory. @throws DatapathError */
export function openVmDatapath(options: VmDatapathOptions): Datapath {
  return new ComposedDatapath(new VmEngine(options.lab, options.server));
}
