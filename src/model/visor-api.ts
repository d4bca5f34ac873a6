// Bodies of a visor's local API, on its unix socket: attaching and detaching, letting a held plan pass, and what the visor has.

import { z } from 'zod';
import { address, mac, name } from './fields.ts';

export const attachSchema = z.strictObject({
  domain: name,
  network: name,
  /** Absent: made up from the network's. */
  name: name.optional(),
  /** Path of the namespace: `/run/netns/x`, `/proc/PID/ns/net`; in the vm engine, a name. Empty: `device` is a TAP of this server. */
  netns: z.string().max(1024),
  /** Name of the device inside, or of the TAP. */
  device: z.string().regex(/^(?!\.\.?$)[!-$&-.0-9;-~]{1,15}$/, "is not the name of a device: 1 to 15 letters, digits or signs other than '/', ':' and '%'").default('eth0'),
  mac: mac.optional(),
  addresses: z.array(address).optional(),
  timeoutMs: z.int().min(1).max(600_000).default(10_000),
});
export type Attach = z.infer<typeof attachSchema>;

export const attachedSchema = z.object({
  endpoint: z.string(), uid: z.string(), mac: z.string(), addresses: z.array(z.string()), mtu: z.number(), netns: z.string(), device: z.string(),
});
export type Attached = z.infer<typeof attachedSchema>;

/** By name, or by where it is. */
export const detachSchema = z.union([
  z.strictObject({ domain: name, name }),
  z.strictObject({ netns: z.string(), device: z.string() }),
]);
export type Detach = z.infer<typeof detachSchema>;
/** `found` false: there was no such endpoint, which is as good. */
export const detachedSchema = z.object({ found: z.boolean(), endpoint: z.string().optional() });
export type Detached = z.infer<typeof detachedSchema>;

/** `held` false: no plan was held. */
export const resumedSchema = z.object({ held: z.boolean() });
export type Resumed = z.infer<typeof resumedSchema>;
