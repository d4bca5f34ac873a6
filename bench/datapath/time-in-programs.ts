// Where the time of a path of ours goes: how much of it is inside our programs, by the kernel's statistics while a flood runs. A program
// that is reached by a tail call counts in the one that was entered; delivery behind it (queues, the next device) counts in none.

import { listPins, pinnedProgram } from '../../src/kernel/pins.ts';
import type { KernelProgram } from '../../src/kernel/program.ts';
import { enableStatistics } from '../../src/kernel/statistics.ts';
import type { Flood } from './flood.ts';
import type { Path } from './path.ts';

export function timeInPrograms(path: Path, flood: Flood): string {
  const programs = (path.programs ?? []).flatMap(directory => listPins(directory).map(({ name }) => ({ name, program: pinnedProgram(`${directory}/${name}`) })));
  const open = programs.filter((p): p is { name: string; program: KernelProgram } => p.program !== undefined);
  try {
    using _statistics = enableStatistics();
    const before = open.map(({ program }) => program.info());
    const { packetsPerSecond } = flood.run('socket');
    const told = open.flatMap(({ name, program }, i) => {
      const after = program.info();
      const runs = Number(after.runCount - before[i]!.runCount);
      return runs < LEAST_RUNS ? [] : [`${name} ${Math.round(Number(after.runTimeNs - before[i]!.runTimeNs) / runs)} ns`];
    });
    return `${path.name}: of ${Math.round(1e9 / packetsPerSecond)} ns a packet, with statistics on, ${told.join(', ')}.`;
  } finally {
    for (const { program } of open) program.close();
  }
}

/** Fewer are not of the flood. */
const LEAST_RUNS = 1000;
