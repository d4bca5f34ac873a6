// The zone's certificate authority: keys and certificates in the Director's state directory, signatures for the Director and its visors.
// Who may have a certificate, it does not ask. X.509 (RFC 5280) is the library's.

import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, randomBytes, webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension, PemConverter, Pkcs10CertificateRequest, type PublicKey,
  SubjectAlternativeNameExtension, X509Certificate, X509CertificateGenerator,
} from '@peculiar/x509';
import { hashOf, signedText } from '../../../model/trust.ts';
import { writeWhole } from '../../../sys/write-whole.ts';
import { StartRefused } from '../refused.ts';

const DAY_MS = 86_400_000;
const CERTIFICATE_MS = 7 * DAY_MS;
const AUTHORITY_MS = 3650 * DAY_MS;
/** Clocks of servers differ. */
const SKEW_MS = 300_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

interface Signer { readonly number: number; readonly certificate: X509Certificate; readonly key: webcrypto.CryptoKey; readonly sinceMs: number }
/** For a server of TLS: what it is made with, and what each renewal sets anew, for what is left out then falls back to what Node allows. */
export interface TlsIdentity { readonly key: string; readonly cert: string; readonly ca: string; readonly minVersion: 'TLSv1.3' }

export class Authority {
  readonly #dir: string;
  readonly certificateMs: number;
  #signers: readonly Signer[];
  /** One rotation behind the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #imageSigner: { readonly by: Signer; readonly untilMs: number; readonly pem: string } | undefined;

  private constructor(dir: string, signers: readonly Signer[], certificateMs: number) {
    this.#dir = dir;
    this.#signers = signers;
    this.certificateMs = certificateMs;
  }

  /** Makes the first authority of a new Director. @throws StartRefused */
  static async open(dir: string, certificateMs = CERTIFICATE_MS): Promise<Authority> {
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const numbers = readdirSync(dir).flatMap(f => /^(\d+)\.pem$/.exec(f)?.[1] ?? []).map(Number).sort((a, b) => a - b);
      const signers = await Promise.all((numbers.length === 0 ? [1] : numbers.slice(-2)).map(n => signer(dir, n)));
      return new Authority(dir, signers, certificateMs);
    } catch (e) {
      throw new StartRefused(`the certificate authority in ${dir} cannot be used: ${(e as Error).message}`, 'restore the directory from a backup; if it is lost, remove it, start anew, and let every visor join again');
    }
  }

  /** PEM of all, the newest last. */
  get bundle(): string {
    return this.#signers.map(s => pem(s.certificate)).join('');
  }

  /** Of the public keys. The first is whom the Director's own certificate is by: a token carries it, and a visor that joins trusts no other. */
  get fingerprints(): readonly string[] {
    const serving = this.#serving(Date.now());
    return [serving, ...this.#signers.filter(s => s !== serving)].map(s => hashOf(new NodeCertificate(pem(s.certificate)).publicKey.export({ type: 'spki', format: 'der' })));
  }

  /** Visors learn of a new authority with each certificate: after the longest life of one, all know it. */
  #serving(nowMs: number): Signer {
    return this.#signers.findLast(s => nowMs - s.sinceMs >= this.certificateMs) ?? this.#signers[0]!;
  }

  /**
   * A second authority: it signs for visors from now on, and for the Director when every visor has heard of it. Before that there is no third:
   * it would take away the only one that some visors know. Then nothing is done, and it is said when it may be. `refused`: asked before it is made.
   */
  rotate<R>(refused: (numbers: { readonly newest: number; readonly next: number }) => Promise<R | undefined>): Promise<{ readonly notBeforeMs: number } | { readonly refused: R } | undefined> {
    const turn = this.#turn.then(async () => {
      const newest = this.#signers.at(-1)!;
      if (this.#signers.length > 1 && this.#serving(Date.now()) !== newest) return { notBeforeMs: newest.sinceMs + this.certificateMs };
      const why = await refused({ newest: newest.number, next: newest.number + 1 });
      if (why !== undefined) return { refused: why };
      this.#signers = [newest, await signer(this.#dir, newest.number + 1)];
      return undefined;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** PEM of a certificate for the key of the request. Undefined: it is no request, or its maker does not hold the key. */
  async sign(csr: string, server: string): Promise<{ readonly certificate: string } | undefined> {
    const request = await readRequest(csr);
    return request && { certificate: await this.#issue(this.#signers.at(-1)!, request.publicKey, `CN=${server}`, [ExtendedKeyUsage.clientAuth], []) };
  }

  /** ECDSA (P-256, SHA-256) over `iovisor image HASH`, base64, by a key that is for images alone: one came in by this zone's Director. */
  async signHash(hash: string): Promise<string> {
    return Buffer.from(await webcrypto.subtle.sign(ALGORITHM, await importKey(this.#imageKey()), new TextEncoder().encode(signedText(hash)))).toString('base64');
  }

  /** PEM of the certificate of that key, by the authority that every visor knows. */
  async imageSigner(): Promise<string> {
    const signer = this.#serving(Date.now());
    if (this.#imageSigner?.by !== signer || this.#imageSigner.untilMs < Date.now()) {
      const pem = await this.#issue(signer, await publicOf(this.#imageKey()), 'CN=iovisor images', [ExtendedKeyUsage.codeSigning], []);
      this.#imageSigner = { by: signer, untilMs: Date.now() + this.certificateMs / 2, pem };
    }
    return this.#imageSigner.pem;
  }

  #imageKey(): string {
    const file = join(this.#dir, 'images.key');
    if (!existsSync(file)) writeWhole(file, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    return readFileSync(file, 'utf8');
  }

  /** Of this Director, for TLS; `names`: what it is called. */
  async identity(names: readonly string[], nowMs = Date.now()): Promise<TlsIdentity> {
    const known = this.#serving(nowMs);
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const cert = await this.#issue(known, keys.publicKey, 'CN=iovisor Director', [ExtendedKeyUsage.serverAuth], names);
    return { key: PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'), cert: `${cert}${pem(known.certificate)}`, ca: this.bundle, minVersion: 'TLSv1.3' };
  }

  async #issue(by: Signer, publicKey: PublicKey | webcrypto.CryptoKey, subject: string, usages: readonly ExtendedKeyUsage[], names: readonly string[]): Promise<string> {
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serial(), subject, issuer: by.certificate.subject, notBefore: new Date(Date.now() - SKEW_MS), notAfter: new Date(Date.now() + this.certificateMs),
      publicKey, signingKey: by.key, signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true), new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), new ExtendedKeyUsageExtension([...usages]),
        ...names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names.map(n => ({ type: isIP(n) ? 'ip' as const : 'dns' as const, value: n })))],
      ],
    });
    return pem(certificate);
  }
}

/** Reads a request and checks that its maker holds the key. */
export async function readRequest(csr: string): Promise<Pkcs10CertificateRequest | undefined> {
  try {
    const request = new Pkcs10CertificateRequest(csr);
    return await request.verify() ? request : undefined;
  } catch {
    return undefined;
  }
}

async function signer(dir: string, number: number): Promise<Signer> {
  const [certFile, keyFile] = [join(dir, `${number}.pem`), join(dir, `${number}.key`)];
  if (!existsSync(certFile)) {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(), name: `CN=iovisor zone ${number}`, notBefore: new Date(Date.now() - SKEW_MS), notAfter: new Date(Date.now() + AUTHORITY_MS), keys, signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
    });
    writeWhole(keyFile, PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'));
    writeWhole(certFile, pem(certificate));
  }
  const certificate = new X509Certificate(readFileSync(certFile, 'utf8'));
  const key = await importKey(readFileSync(keyFile, 'utf8'));
  return { number, certificate, key, sinceMs: certificate.notBefore.getTime() + SKEW_MS };
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
}

function publicOf(privatePem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('spki', createPublicKey(privatePem).export({ type: 'spki', format: 'der' }), ALGORITHM, true, ['verify']);
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

function serial(): string {
  const bytes = randomBytes(16);
  bytes[0]! &= 0x7f;
  return bytes.toString('hex');
}
