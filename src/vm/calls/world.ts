// Helpers that ask the world: clocks, randomness, the CPU; and trace_printk, which goes nowhere.

import type { HelperDefinition } from './definition.ts';

export const WORLD_HELPERS: readonly HelperDefinition[] = [
  ...['ktime_get_ns', 'ktime_get_boot_ns', 'ktime_get_coarse_ns', 'ktime_get_tai_ns'].map((name): HelperDefinition =>
    ({ name, parameters: [], result: 'whole', make: ({ world }) => () => world.nowNs() })),
  { name: 'jiffies64', parameters: [], result: 'whole', make: ({ world }) => () => Math.floor(world.nowNs() / 1e9 * world.hz) },
  { name: 'get_prandom_u32', parameters: [], result: 'unsigned', make: ({ world }) => () => world.random() | 0 },
  ...['get_smp_processor_id', 'get_numa_node_id'].map((name): HelperDefinition => ({ name, parameters: [], result: 'unsigned', make: () => () => 0 })),
  { name: 'trace_printk', parameters: ['narrow', 'low', 'low', 'low', 'low'], result: 'error', make: () => () => 0 },
];
