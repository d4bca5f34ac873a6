// What a key is about, as people ask by kind, domain and name: a domain is what is in it, and itself.

import { placeOf } from './table.ts';

/** Absent: any. `name`: without the domain. */
export interface About { readonly kind?: string | undefined; readonly domain?: string | undefined; readonly name?: string | undefined }

export function isAbout({ kind, domain, name }: About, key: string): boolean {
  return (kind === undefined || key.startsWith(`${kind}/`)) && (domain === undefined || domain === domainAbout(key)) && (name === undefined || name === nameIn(key));
}

/** Elements go by what they serve, with more behind it: `Function/shop/guard/web`. */
function nameIn(key: string): string | undefined {
  const [, first, second] = key.split('/');
  return second ?? first;
}

/** Of a Domain itself, too; empty: it is of the zone. */
export function domainAbout(key: string): string {
  return key.startsWith('Domain/') ? key.slice('Domain/'.length) : placeOf(key).domain;
}
