// `domain/name`: what is in a domain, where its kind is known. Keys, which say the kind too, are resource.ts's.

interface InDomain { readonly domain: string; readonly name: string }

export function pathOf({ metadata: { domain, name } }: { readonly metadata: InDomain }): string {
  return `${domain}/${name}`;
}

/** Of the endpoint's network. */
export function networkPath({ metadata: { domain }, spec: { network } }: { readonly metadata: InDomain; readonly spec: { readonly network: string } }): string {
  return `${domain}/${network}`;
}

export function domainOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

export function nameOf(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}
