// What a visor has counted: traffic by port of each element, what modules count by themselves, packets dropped by site. All since its elements were made.

import { z } from 'zod';
import { dropCountSchema } from './status.ts';

const count = z.number().min(0);

const portStatsSchema = z.object({
  element: z.string(),
  owner: z.string().meta({ description: 'the resource that the element serves, `Network/shop/web`' }),
  port: z.int().min(0),
  to: z.enum(['endpoint', 'tunnel', 'element', 'device', 'trunk']),
  peer: z.string().meta({ description: 'what is at the port: `domain/name` of an endpoint, name of a server, owner of an element, name of a device' }),
  rxPackets: count.meta({ description: 'into the element' }), rxBytes: count, txPackets: count.meta({ description: 'out of it' }), txBytes: count,
});
export type PortStats = z.infer<typeof portStatsSchema>;

const ruleStatsSchema = z.object({ element: z.string(), owner: z.string(), counter: z.string(), rule: z.string(), packets: count });
export type RuleStats = z.infer<typeof ruleStatsSchema>;

const dropStatsSchema = dropCountSchema.extend({ owner: z.string().meta({ description: 'empty: the data path itself' }) });

export const statsSchema = z.object({
  server: z.string(),
  elements: z.array(z.object({ element: z.string(), owner: z.string() })),
  ports: z.array(portStatsSchema),
  rules: z.array(ruleStatsSchema),
  drops: z.array(dropStatsSchema),
}).meta({ id: 'Stats', description: 'what a visor has counted' });
export type Stats = z.infer<typeof statsSchema>;
