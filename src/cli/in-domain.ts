// What people call something of a domain: `shop/web`, or `web` with --domain. It knows no schemas, for `iov endpoint` does not wait for them.

import { EXIT, Failure } from './failure.ts';

/** The domain and the name. @throws Failure */
export function inDomain(kind: string, text: string, domain: string | undefined): readonly [domain: string, name: string] {
  const [first = '', second, more] = text.split('/');
  if (more !== undefined) throw new Failure(`'${text}' is not the name of ${kind === 'Endpoint' ? 'an' : 'a'} ${kind}`, { exitCode: EXIT.usage, cure: 'write domain/name' });
  if (second !== undefined && domain !== undefined && first !== domain) throw new Failure(`'${text}' is not in domain ${domain}`, { exitCode: EXIT.usage, cure: 'say the domain once' });
  if (second !== undefined) return [first, second];
  if (domain === undefined) throw new Failure(`which domain is ${kind} '${text}' of?`, { exitCode: EXIT.usage, cure: `write domain/${text}, or --domain NAME` });
  return [domain, first];
}
