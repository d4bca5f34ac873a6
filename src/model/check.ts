// One value → one resource, or every mistake in it. Used for files and for the API alike, so both say the same.

import { explain, unknownName, type Explained } from './explain.ts';
import { KINDS, KIND_NAMES, RESERVED_KINDS, type Kind, type Resource } from './resource.ts';

type Checked =
  | { readonly ok: true; readonly resource: Resource }
  | { readonly ok: false; readonly subject: string; readonly problems: readonly Explained[] };

export function checkResource(value: unknown): Checked {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('', [{ path: [], at: 'value', message: 'a resource is a mapping with apiVersion, kind, metadata and spec' }]);
  }
  const { apiVersion, kind, metadata } = value as { apiVersion?: unknown; kind?: unknown; metadata?: { name?: unknown } };
  const subject = [kind, metadata?.name].filter(t => typeof t === 'string').join(' ');
  if (apiVersion === undefined) return refuse(subject, [{ path: ['apiVersion'], at: 'value', message: "missing field 'apiVersion'; it is iovisor/v1" }]);
  if (apiVersion !== 'iovisor/v1') return refuse(subject, [{ path: ['apiVersion'], at: 'value', message: unknownName('apiVersion', String(apiVersion), ['iovisor/v1']) }]);
  if (typeof kind !== 'string') return refuse(subject, [{ path: ['kind'], at: 'value', message: `missing field 'kind'; it is one of: ${KIND_NAMES.join(', ')}` }]);
  if (Object.hasOwn(RESERVED_KINDS, kind)) return refuse(subject, [{ path: ['kind'], at: 'value', message: `kind '${kind}' is not served yet; ${RESERVED_KINDS[kind]}` }]);
  if (!(KIND_NAMES as readonly string[]).includes(kind)) return refuse(subject, [{ path: ['kind'], at: 'value', message: unknownName('kind', kind, KIND_NAMES) }]);
  const { schema, scope } = KINDS[kind as Kind];
  const result = schema.safeParse(value, { reportInput: false });
  if (result.success) return { ok: true, resource: result.data as Resource };
  const problems = explain(result.error.issues, schema, value).map(p => p.path.join('.') === 'metadata.domain' && scope === 'zone'
    ? { ...p, message: `a ${kind} is in no domain: remove 'domain'` } : p);
  return refuse(subject, problems);
}

function refuse(subject: string, problems: readonly Explained[]): Checked {
  return { ok: false, subject, problems };
}
