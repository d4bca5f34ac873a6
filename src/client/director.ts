// The Director's API, typed. Every failure is one of two: nobody answers (Unreachable), or the Director refuses (Refused).

import type { ApiError, Applied, AuditRow, Certificate, CertificateRequest, Happening, Health, Listed, Push, ResourceMessage, ServerStatus, ZoneDrops } from '../model/api.ts';
import type { Answer as AskAnswer, ChangedMap, ChangeMap, FunctionMaps, ReadLogs, ReadMap } from '../model/asks.ts';
import type { PlanMessage } from '../model/plan.ts';
import type { Kind, Ref, Resource } from '../model/resource.ts';
import type { StatusReport } from '../model/report.ts';
import { SIGNATURE_HEADER, SIGNER_HEADER } from '../model/trust.ts';
import { NotStreamed, Unreachable, bytes, call, lines, parseTarget, type Answer, type Credentials, type Target } from './http.ts';

/** The Director (or a visor) heard and says no. */
export class Refused extends Error {
  readonly status: number;
  readonly error: ApiError;
  constructor(status: number, error: ApiError) {
    super(error.message);
    this.name = 'Refused';
    this.status = status;
    this.error = error;
  }
  get cure(): string | undefined {
    return this.error.cure;
  }
}

export interface SignedImage { readonly text: string; readonly signature?: string | undefined; readonly signer?: string | undefined }
const PUSH_TIMEOUT_MS = 60_000;
/** The Director waits for servers itself. */
const ASK_TIMEOUT_MS = 20_000;
/** `of`: Function/shop/guard, Domain/shop, Server/s1, Director. */
interface LogsFilter { readonly of: string; readonly server?: string | undefined; readonly network?: string | undefined; readonly limit?: number | undefined; readonly after?: string | undefined }
interface ReadMapFilter { readonly server?: string | undefined; readonly network?: string | undefined; readonly key?: string | undefined; readonly limit?: number | undefined; readonly after?: string | undefined; readonly continue?: string | undefined }

export class DirectorClient {
  readonly target: Target;

  constructor(address: string, credentials: Credentials = {}) {
    this.target = parseTarget(address, credentials);
  }

  health(): Promise<Health> { return this.#json('GET', '/healthz'); }
  /** One page, if a limit is given: the next by `continue`. */
  list(filter: { readonly kind?: Kind; readonly domain?: string; readonly labels?: string; readonly limit?: number; readonly continue?: string } = {}): Promise<Listed> { return this.#json('GET', `/v1/resources${query(filter)}`); }
  get(ref: Ref): Promise<Resource> { return this.#json('GET', pathOf(ref)); }
  create(resource: unknown): Promise<Resource> { return this.#json('POST', '/v1/resources', resource); }
  replace(ref: Ref, resource: unknown): Promise<Resource> { return this.#json('PUT', pathOf(ref), resource); }
  /** JSON merge patch (RFC 7396). */
  patch(ref: Ref, patch: unknown, options: Written = {}): Promise<Applied> { return this.#json('PATCH', pathOf(ref) + written(options), patch, 'application/merge-patch+json'); }
  delete(ref: Ref, options: Written = {}): Promise<Applied> { return this.#json('DELETE', pathOf(ref) + written(options)); }
  apply(resources: readonly unknown[], options: { readonly dryRun?: boolean } = {}): Promise<Applied> { return this.#json('POST', '/v1/apply', { resources, dryRun: options.dryRun ?? false }); }
  async events(about: Partial<Ref> = {}): Promise<readonly Happening[]> { return (await this.#json<{ items: Happening[] }>('GET', `/v1/events${query({ ...about })}`)).items; }
  audit(about: Partial<Ref> & { readonly after?: number | string | undefined } = {}): Promise<{ readonly revision: number; readonly items: readonly AuditRow[] }> { return this.#json('GET', `/v1/audit${query({ ...about })}`); }
  async statuses(): Promise<readonly ServerStatus[]> { return (await this.#json<{ items: ServerStatus[] }>('GET', '/v1/status')).items; }
  async drops(): Promise<ZoneDrops['items']> { return (await this.#json<ZoneDrops>('GET', '/v1/drops')).items; }
  async report(report: StatusReport): Promise<void> { await this.#json('POST', `/v1/servers/${report.server}/status`, report); }
  certificate(request: CertificateRequest): Promise<Certificate> { return this.#json('POST', '/v1/certificates', request); }
  authorities(): Promise<{ readonly pem: string; readonly fingerprints: readonly string[] }> { return this.#json('GET', '/v1/authorities'); }
  async rotateAuthority(): Promise<readonly string[]> { return (await this.#json<{ fingerprints: string[] }>('POST', '/v1/authorities')).fingerprints; }
  openapi(): Promise<unknown> { return this.#json('GET', '/openapi.json'); }

  /** The image as the text that image/codec.ts reads, and who says that it came in there: base64, as model/trust.ts has it. */
  async image(hash: string): Promise<SignedImage> {
    const { body, headers } = await this.#call('GET', `/v1/images/${hash}`);
    const [signature, signer] = [SIGNATURE_HEADER, SIGNER_HEADER].map(h => headers[h]).map(v => typeof v === 'string' ? v : undefined);
    return { text: body, signature, signer };
  }
  /** Compiled there, and let in: the change names it, `Module/knock@2`. */
  push(module: Push): Promise<Applied> { return this.#json('POST', '/v1/modules', module, undefined, PUSH_TIMEOUT_MS); }

  async answer(server: string, id: string, answer: AskAnswer): Promise<void> { await this.#json('POST', `/v1/servers/${server}/answers/${id}`, answer); }
  /** What the module of a function exports. `path`: domain/name. */
  maps(path: string): Promise<FunctionMaps> { return this.#json('GET', `/v1/functions/${path}/maps`); }
  /** What servers have in one of them. */
  readMap(path: string, map: string, filter: ReadMapFilter = {}): Promise<ReadMap> { return this.#json('GET', `/v1/functions/${path}/maps/${encodeURIComponent(map)}${query({ ...filter })}`, undefined, undefined, ASK_TIMEOUT_MS); }
  /** While it runs, beside what the config says; nothing of it is stored. */
  changeMap(path: string, map: string, change: ChangeMap): Promise<ChangedMap> { return this.#json('PATCH', `/v1/functions/${path}/maps/${encodeURIComponent(map)}`, change, undefined, ASK_TIMEOUT_MS); }
  /** The newest lines of modules, visors, the Director. */
  logs(wanted: LogsFilter): Promise<ReadLogs> { return this.#json('GET', `/v1/logs${query({ ...wanted })}`, undefined, undefined, ASK_TIMEOUT_MS); }

  /** One connection; it ends when the Director ends it. See retry.ts for what follows. */
  plan(server: string, have: readonly string[], signal: AbortSignal): AsyncGenerator<PlanMessage> {
    return this.#lines<PlanMessage>(`/v1/plans/${server}${query({ have: have.length === 0 ? undefined : have.slice(0, 256).join(',') })}`, signal);
  }

  /** @throws Refused (`gone`): the revision is too old, list again */
  watch(filter: { readonly kind?: Kind; readonly domain?: string; readonly epoch?: string; readonly revision?: number }, signal: AbortSignal): AsyncGenerator<ResourceMessage> {
    return this.#lines<ResourceMessage>(`/v1/watch${query(filter)}`, signal);
  }

  /** The store as one SQLite file. */
  backup(): AsyncGenerator<Uint8Array> {
    return this.#stream(bytes(this.target, '/v1/backup'));
  }

  #lines<M>(path: string, signal: AbortSignal): AsyncGenerator<M> {
    return this.#stream(lines(this.target, path, signal) as AsyncGenerator<M>);
  }

  async *#stream<M>(from: AsyncGenerator<M>): AsyncGenerator<M> {
    try {
      yield* from;
    } catch (e) {
      if (e instanceof NotStreamed) accepted(e.answer);
      throw unreachable('Director', this.target, e);
    }
  }

  async #json<T>(method: string, path: string, body?: unknown, contentType?: string, timeoutMs?: number): Promise<T> {
    const { body: text } = await this.#call(method, path, body, contentType, timeoutMs);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async #call(method: string, path: string, body?: unknown, contentType?: string, timeoutMs?: number): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await call(this.target, { method, path, body, ...(contentType === undefined ? {} : { contentType }), ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    } catch (e) {
      throw unreachable('Director', this.target, e);
    }
    return accepted(answer);
  }
}

/** @throws Refused, for an answer that is an error. */
export function accepted(answer: Answer): Answer {
  if (answer.status < 400) return answer;
  let error: ApiError;
  try { error = JSON.parse(answer.body) as ApiError; } catch { error = { error: 'internal', message: `answer ${answer.status}: ${answer.body.slice(0, 200)}` }; }
  throw new Refused(answer.status, error);
}

export function unreachable(who: string, target: Target, e: unknown): Error {
  if (e instanceof Unreachable) return e;
  const { code, name } = e as NodeJS.ErrnoException;
  const start = who === 'Director' ? 'start it with: iov director (or: iov up), or give its address with --director' : 'start it with: iov visor (or: iov up), or give its socket with --visor';
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return new Unreachable(`no ${who} listens on ${target.text}`, start, e);
  if (typeof code === 'string' && /CERT|SELF_SIGNED|ISSUER/.test(code)) return new Unreachable(`who answers at ${target.text} is not the ${who} that is trusted here (${code})`, 'compare the fingerprint: iov context set NAME --director ADDRESS --fingerprint HASH; a visor joins again', e);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new Unreachable(`the name of the ${who} in ${target.text} has no address here`, 'write its address in the place of the name, or put the name into DNS or /etc/hosts', e);
  if (code === 'EACCES') return new Unreachable(`this user may not use ${target.text}`, 'run it as the user that started the ' + who, e);
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') return new Unreachable(`the ${who} at ${target.text} does not answer`, 'see its log', e);
  if (code === 'ECONNRESET') return new Unreachable(`the ${who} at ${target.text} went away before it answered`, 'see that it runs, then ask again: nothing is done twice', e);
  if (name === 'AbortError' || code === 'ABORT_ERR') return e as Error;
  return new Unreachable(`the connection to the ${who} at ${target.text} failed: ${(e as Error).message}`, start, e);
}

function pathOf(ref: Ref): string {
  return `/v1/resources/${ref.kind}/${encodeURIComponent(ref.domain ?? '-')}/${encodeURIComponent(ref.name)}`;
}

interface Written { readonly revision?: number | undefined; readonly dryRun?: boolean }

function written({ revision, dryRun }: Written): string {
  return query({ revision, dryRun: dryRun ? 'true' : undefined });
}

function query(fields: Readonly<Record<string, string | number | undefined>>): string {
  const set = Object.entries(fields).filter(([, v]) => v !== undefined).map(([k, v]) => `${k}=${encodeURIComponent(String(v))}`);
  return set.length === 0 ? '' : `?${set.join('&')}`;
}
