// Who a visor is: its key, its certificate, and whom it trusts, in its state directory. It joins once by a token, and asks for the next
// certificate when half of the time of this one is over. The key never leaves the machine.

import 'reflect-metadata';
import { generateKeyPairSync, verify, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import type { Logger } from 'pino';
import { DirectorClient, type SignedImage } from '../../client/director.ts';
import type { Trust } from '../../client/http.ts';
import { pinnedAuthority } from '../../client/pinned.ts';
import { hashOf, signedText } from '../../model/trust.ts';
import { writeWhole } from '../../sys/write-whole.ts';
import { VisorRefused } from './refused.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** RFC 5280 §4.2.1.12 */
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const RETRY_MS = 60_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Place { readonly director: string; readonly server: string; readonly underlay?: string | undefined; readonly stateDir: string; readonly logger: Logger }

export class VisorIdentity {
  readonly #place: Place;
  #trust: Trust & { readonly ca: string; readonly cert: string; readonly key: string };
  #timer: NodeJS.Timeout | undefined;

  private constructor(place: Place, trust: VisorIdentity['trust']) {
    this.#place = place;
    this.#trust = trust;
    this.#later();
  }

  /** For connections that begin now. */
  get trust(): Trust & { readonly ca: string; readonly cert: string; readonly key: string } {
    return this.#trust;
  }

  /** What lies in the state directory; with a token that it did not join by before, it joins. @throws VisorRefused, Refused, Unreachable */
  static async open(place: Place, token: string | undefined): Promise<VisorIdentity> {
    const files = filesOf(place.stateDir);
    const { server, director } = place;
    const known = [files.key, files.cert, files.ca].every(f => existsSync(f)) ? { key: text(files.key), cert: text(files.cert), ca: text(files.ca) } : undefined;
    if (known && (token === undefined || (existsSync(files.token) && text(files.token) === hashOf(token)))) return new VisorIdentity(place, known);
    if (token === undefined) throw new VisorRefused(`this visor has not joined ${director} yet`, `on the Director: iov server token ${server}; then here: iov visor --join TOKEN`);
    try {
      return new VisorIdentity(place, await VisorIdentity.#join(place, token));
    } catch (e) {
      if (!known) throw e;
      // A token that is left over in a unit file is no reason not to start.
      place.logger.warn({ cause: (e as Error).message }, 'did not join by this token; the visor goes on with the certificate that it has');
      return new VisorIdentity(place, known);
    }
  }

  static async #join({ director, server, underlay, stateDir }: Place, token: string): Promise<VisorIdentity['trust']> {
    const files = filesOf(stateDir);
    const ca = await pinned(director, token);
    // It was cut off, or a join that broke off behind the Director's word goes on with the same key.
    const key = existsSync(files.key) ? text(files.key) : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    writeWhole(files.key, key);
    const { certificate, authorities } = await new DirectorClient(director, { trust: once({ ca }) }).certificate({ server, csr: await requestFor(key, server), token, ...(underlay === undefined ? {} : { underlay }) });
    const joined = save(stateDir, { key, cert: certificate, ca: authorities });
    writeWhole(files.token, hashOf(token));
    return joined;
  }

  /** By a key for images that an authority of this zone gave a certificate to. */
  isSigned(imageHash: string, { signature, signer }: SignedImage): boolean {
    if (signature === undefined || signer === undefined) return false;
    try {
      const certificate = new X509Certificate(Buffer.from(signer, 'base64'));
      const authorities = this.#trust.ca.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
      const isOurs = authorities.some(a => certificate.verify(new X509Certificate(a).publicKey)) && certificate.keyUsage.includes(CODE_SIGNING);
      return isOurs && verify('sha256', Buffer.from(signedText(imageHash)), { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64'));
    } catch {
      return false;
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #later(): void {
    const { validFrom, validTo } = new X509Certificate(this.#trust.cert);
    const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
    const dueMs = from + (to - from) * (0.5 + Math.random() * 0.1) - Date.now();
    this.#wait(Math.max(0, dueMs));
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => void this.#renew(), Math.min(ms, MAX_TIMER_MS));
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const { director, server, stateDir, logger } = this.#place;
    try {
      const { key } = this.#trust;
      const { certificate, authorities } = await new DirectorClient(director, { trust: once({ ca: this.#trust.ca }) }).certificate({ server, csr: await requestFor(key, server) });
      this.#trust = save(stateDir, { key, cert: certificate, ca: authorities });
      logger.info({ until: new X509Certificate(certificate).validTo }, 'the certificate is renewed; connections go on');
      this.#later();
    } catch (e) {
      logger.warn({ cause: (e as Error).message }, 'the certificate is not renewed yet');
      this.#wait(RETRY_MS * (0.5 + Math.random()));
    }
  }
}

/** The Director's authority, if it is the one that the token names. @throws VisorRefused */
async function pinned(director: string, token: string): Promise<string> {
  const fingerprint = /\.([0-9a-f]{64})$/.exec(token)?.[1];
  if (fingerprint === undefined) throw new VisorRefused('this is not a join token', 'make one: iov server token NAME');
  const found = await pinnedAuthority(director, fingerprint);
  if (found === undefined) throw new VisorRefused(`who answers at ${director} is not the Director that made this token`, 'see that the address is right; if it is, someone stands between');
  return found;
}

function once(trust: Trust): () => Trust {
  return () => trust;
}

async function requestFor(keyPem: string, server: string): Promise<string> {
  const privateKey = await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(keyPem), ALGORITHM, true, ['sign']);
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey('jwk', { kty, crv, x, y } as webcrypto.JsonWebKey, ALGORITHM, true, ['verify']);
  return (await Pkcs10CertificateRequestGenerator.create({ name: `CN=${server}`, keys: { privateKey, publicKey }, signingAlgorithm: ALGORITHM })).toString('pem');
}

function filesOf(stateDir: string): { readonly key: string; readonly cert: string; readonly ca: string; readonly token: string } {
  return { key: join(stateDir, 'key.pem'), cert: join(stateDir, 'certificate.pem'), ca: join(stateDir, 'authorities.pem'), token: join(stateDir, 'joined-by') };
}

function save<T extends { readonly key: string; readonly cert: string; readonly ca: string }>(stateDir: string, trust: T): T {
  const files = filesOf(stateDir);
  writeWhole(files.ca, trust.ca);
  writeWhole(files.cert, trust.cert);
  return trust;
}

function text(path: string): string {
  return readFileSync(path, 'utf8');
}
