// The certificate of an authority that is known by its fingerprint alone: the first word between a visor, or a person, and a Director far away.

import { X509Certificate } from 'node:crypto';
import { hashOf } from '../model/trust.ts';
import { DirectorClient } from './director.ts';

/** Its PEM; undefined: who answers has no such authority. Trust nothing else that was listed: anyone could list it beside one of their own. @throws Unreachable */
export async function pinnedAuthority(director: string, fingerprint: string): Promise<string | undefined> {
  const { pem } = await new DirectorClient(director, { trust: () => ({}) }).authorities();
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n/g)?.find(c => fingerprintOf(c) === fingerprint);
}

function fingerprintOf(pem: string): string | undefined {
  try {
    return hashOf(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }));
  } catch {
    return undefined;
  }
}
