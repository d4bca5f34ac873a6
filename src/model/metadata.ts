// What every resource has around its spec. The schemas of kinds are resource.ts, policy.ts, functions.ts and trust.ts.

import { z } from 'zod';
import { labels, name } from './fields.ts';

export const apiVersion = z.literal('iovisor/v1');
/** Set by the Director. Given on a write: the write is refused if the resource has changed since. */
const revision = z.int().min(0).optional().meta({ description: 'revision of the store at the last change; a write that carries it is made against it' });
/** Written by Director and visors, ignored on writes, so that what `get` prints can be applied. */
export const status = z.record(z.string(), z.unknown()).optional().meta({ description: 'what is; ignored on writes' });

export const zoneMetadata = z.strictObject({ name, labels: labels.optional(), revision });
export const domainMetadata = z.strictObject({ domain: name, name, labels: labels.optional(), revision });
