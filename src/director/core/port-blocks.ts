// The ports of a gateway's addresses, divided among its servers: who owns which. Blocks lie side by side without a gap, so that a server that
// comes takes half of the largest, one that goes leaves its own to a neighbour, and the flows of all others stay where they are.

import type { PortBlock } from './world.ts';

/** Below are well-known ports, which forwards may have. */
const FIRST_PORT = 1024;
/** Blocks begin and end at multiples of it (modules/nat44). */
const STEP = 1024;

export function divided(before: readonly PortBlock[], servers: readonly string[]): readonly PortBlock[] {
  const blocks: { server: string; first: number; count: number }[] = [];
  let freed = 0;
  for (const block of before) {
    const last = blocks.at(-1);
    if (!servers.includes(block.server)) {
      if (last) last.count += block.count; else freed += block.count;
      continue;
    }
    blocks.push({ server: block.server, first: block.first - freed, count: block.count + freed });
    freed = 0;
  }
  if (blocks.length === 0) blocks.push({ server: servers[0]!, first: FIRST_PORT, count: 0x1_0000 - FIRST_PORT });
  for (const server of servers) {
    if (blocks.some(b => b.server === server)) continue;
    const largest = blocks.reduce((most, b) => b.count > most.count ? b : most);
    const kept = Math.ceil(largest.count / STEP / 2) * STEP;
    blocks.splice(blocks.indexOf(largest) + 1, 0, { server, first: largest.first + kept, count: largest.count - kept });
    largest.count = kept;
  }
  return blocks;
}
