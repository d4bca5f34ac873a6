// The hash by which a spec and what was made from it are compared. Pure, so that whoever plans can compute it as well.

import { canonical, hashOfText } from '../model/canonical.ts';
import type { ElementSpec, EndpointSpec } from './datapath.ts';

/** Specs do not change, are large, and are asked for by whoever plans and whoever applies. */
const hashes = new WeakMap<ElementSpec | EndpointSpec, string>();

/** Entries of tables: a form of an element shares most of them with the next. */
const texts = new WeakMap<object, string>();

/** Equal specs have equal hashes, whatever the order of fields; the order of wires, addresses and entries counts. A u64 is the same as a decimal string and as a bigint. */
export function specHash(spec: ElementSpec | EndpointSpec): string {
  const hash = hashes.get(spec) ?? hashOfText(canonical(spec, textOf));
  hashes.set(spec, hash);
  return hash;
}

function textOf(item: unknown): string {
  if (typeof item !== 'object' || item === null) return canonical(item);
  const text = texts.get(item) ?? canonical(item);
  texts.set(item, text);
  return text;
}
