// Messages of DNS, as bytes (RFC 1035 4, RFC 6891): a question read, an answer written, an answer of another resolver gone over. Pure: bytes of
// anyone's are never trusted, and never throw. Names are keys: their bytes in small letters, as text.

export const Code = { Ok: 0, Malformed: 1, Failed: 2, NoSuchName: 3, NotImplemented: 4, Refused: 5, BadVersion: 16 } as const;
export const Flag = { Response: 0x8000, Authoritative: 0x0400, Truncated: 0x0200, Desired: 0x0100, Available: 0x0080, CheckingDisabled: 0x0010 } as const;

const HEADER_BYTES = 12, OPT_BYTES = 11, OPT = 41, SOA = 6;
const MOST_NAME_BYTES = 255, MOST_LABEL_BYTES = 63, MOST_POINTERS = 127;
const LEAST_ROOM = 512;
/** What is sent by UDP at most, and asked for: it fits every network (RFC 9715). */
const UDP_ROOM = 1232;
const DNSSEC_OK = 0x8000;

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** As they came. */
  readonly bytes: Uint8Array;
}

interface Query {
  readonly id: number;
  readonly flags: number;
  readonly question?: Question;
  readonly edns?: { readonly room: number; readonly wantsProof: boolean };
  /** It cannot be answered but by this. */
  readonly refused?: number;
}

/** Undefined: it is no question at all, and gets no answer. */
export function readQuery(bytes: Uint8Array): Query | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [id, flags, questions, answers, authorities, additionals] = [0, 2, 4, 6, 8, 10].map(at => view.getUint16(at)) as [number, number, number, number, number, number];
  if ((flags & Flag.Response) !== 0) return undefined;
  const head = { id, flags };
  if ((flags >> 11 & 15) !== 0) return { ...head, refused: Code.NotImplemented };
  const name = questions === 1 ? nameAt(bytes, HEADER_BYTES) : undefined;
  if (!name || name.compressed || name.end + 4 > bytes.length || answers + authorities > 0 || additionals > 1) return { ...head, refused: Code.Malformed };
  const end = name.end + 4;
  const question = { name: name.key, type: view.getUint16(name.end), class: view.getUint16(name.end + 2), bytes: bytes.slice(HEADER_BYTES, end) };
  if (additionals === 0) return { ...head, question };
  if (end + OPT_BYTES > bytes.length || bytes[end] !== 0 || view.getUint16(end + 1) !== OPT) return { ...head, question, refused: Code.Malformed };
  const edns = { room: Math.max(LEAST_ROOM, view.getUint16(end + 3)), wantsProof: (view.getUint16(end + 7) & DNSSEC_OK) !== 0 };
  return { ...head, question, edns, ...(view.getUint8(end + 6) === 0 ? {} : { refused: Code.BadVersion }) };
}

/** How it is asked of others. */
export interface Wants { readonly proof: boolean; readonly unchecked: boolean }

/** What has one answer, of these upstreams. */
export function keyOfAsked(upstreams: readonly string[], { type, name }: Question, { proof, unchecked }: Wants): string {
  return `${upstreams.join(' ')}|${type} ${Number(proof)}${Number(unchecked)}|${name}`;
}

/** A question of our own. */
export function writeQuery(id: number, question: Question, wants: Wants): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + question.bytes.length + OPT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of [id, Flag.Desired | (wants.unchecked ? Flag.CheckingDisabled : 0), 1, 0, 0, 1].entries()) view.setUint16(2 * i, word);
  bytes.set(question.bytes, HEADER_BYTES);
  writeOpt(view, HEADER_BYTES + question.bytes.length, 0, wants.proof);
  return bytes;
}

/** About the name that is asked, unless it says of whom. */
export interface Written { readonly owner?: Uint8Array; readonly type: number; readonly ttl: number; readonly data: Uint8Array }

export interface Answer {
  readonly code: number;
  readonly authoritative?: true;
  readonly answers?: readonly Written[];
  readonly authorities?: readonly Written[];
}

/** `room`: of the way it goes; what does not fit is left out, and truncation is said. */
export function writeAnswer(query: Query, answer: Answer, room: number): Uint8Array {
  const { answers = [], authorities = [] } = answer;
  const question = query.question?.bytes ?? new Uint8Array(0);
  const sizeOf = (list: readonly Written[]): number => list.reduce((sum, { owner, data }) => sum + (owner?.length ?? 2) + 10 + data.length, 0);
  const bare = HEADER_BYTES + question.length + (query.edns ? OPT_BYTES : 0);
  const fits = bare + sizeOf(answers) + sizeOf(authorities) <= room;
  const [told, vouched] = fits ? [answers, authorities] : [[], []];
  const bytes = new Uint8Array(bare + sizeOf(told) + sizeOf(vouched));
  const view = new DataView(bytes.buffer);
  const flags = answerFlags(query, answer.code) | (answer.authoritative ? Flag.Authoritative : 0) | (fits ? 0 : Flag.Truncated);
  for (const [i, word] of [query.id, flags, query.question ? 1 : 0, told.length, vouched.length, query.edns ? 1 : 0].entries()) view.setUint16(2 * i, word);
  bytes.set(question, HEADER_BYTES);
  let at = HEADER_BYTES + question.length;
  for (const { owner, type, ttl, data } of [...told, ...vouched]) {
    if (owner) bytes.set(owner, at); else view.setUint16(at, 0xc000 | HEADER_BYTES);
    at += owner?.length ?? 2;
    view.setUint16(at, type);
    view.setUint16(at + 2, 1);
    view.setUint32(at + 4, ttl);
    view.setUint16(at + 8, data.length);
    bytes.set(data, at + 10);
    at += 10 + data.length;
  }
  if (query.edns) writeOpt(view, at, answer.code, query.edns.wantsProof);
  return bytes;
}

/** An answer of another resolver, without its pseudo-record. */
export interface Heard {
  readonly id: number;
  readonly code: number;
  readonly truncated: boolean;
  readonly bytes: Uint8Array;
  /** Where in `bytes` times to live are. */
  readonly ttls: readonly number[];
  /** For how long it may be kept. */
  readonly ttl: number;
}

/** Undefined: it is not an answer to that question, or not well-formed. */
export function readAnswer(bytes: Uint8Array, question: Question): Heard | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [id, flags, questions, answers, authorities, additionals] = [0, 2, 4, 6, 8, 10].map(at => view.getUint16(at)) as [number, number, number, number, number, number];
  const name = nameAt(bytes, HEADER_BYTES);
  if ((flags & Flag.Response) === 0 || questions !== 1 || name?.key !== question.name || name.end + 4 > bytes.length) return undefined;
  if (view.getUint16(name.end) !== question.type || view.getUint16(name.end + 2) !== question.class) return undefined;
  const ttls: number[] = [];
  let at = name.end + 4, least = Infinity, opt: number | undefined;
  for (let i = 0; i < answers + authorities + additionals; i++) {
    const owner = nameAt(bytes, at);
    if (!owner || owner.end + 10 > bytes.length) return undefined;
    const length = view.getUint16(owner.end + 8), end = owner.end + 10 + length;
    // It stands last, or taking it away would move what pointers lead to.
    if (end > bytes.length || opt !== undefined) return undefined;
    const type = view.getUint16(owner.end);
    if (type === OPT) opt = at;
    else {
      // Times of more than 31 bits are none (RFC 2181 8).
      const ttl = view.getUint32(owner.end + 4);
      const isEnd = type === SOA && answers === 0 && length >= 20;
      ttls.push(owner.end + 4);
      least = Math.min(least, ttl > 0x7fff_ffff ? 0 : ttl, isEnd ? view.getUint32(end - 4) : Infinity);
    }
    at = end;
  }
  const whole = bytes.slice(0, opt ?? at);
  if (opt !== undefined) new DataView(whole.buffer).setUint16(10, additionals - 1);
  return { id, code: flags & 15, truncated: (flags & Flag.Truncated) !== 0, bytes: whole, ttls, ttl: Number.isFinite(least) ? least : 0 };
}

/** What was heard, for this query, `ageSeconds` later. */
export function passOn(query: Query, heard: Heard, ageSeconds: number, room: number): Uint8Array {
  const question = query.question!.bytes;
  const isLong = heard.bytes.length + (query.edns ? OPT_BYTES : 0) > room;
  const body = isLong ? heard.bytes.subarray(0, HEADER_BYTES + question.length) : heard.bytes;
  const bytes = new Uint8Array(body.length + (query.edns ? OPT_BYTES : 0));
  bytes.set(body);
  // The same name, perhaps in other letters: those that were asked.
  bytes.set(question, HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, query.id);
  view.setUint16(2, answerFlags(query, heard.code) | (isLong ? Flag.Truncated : 0));
  if (isLong) for (const at of [6, 8, 10]) view.setUint16(at, 0);
  else for (const at of heard.ttls) view.setUint32(at, Math.max(0, view.getUint32(at) - ageSeconds));
  if (query.edns) {
    view.setUint16(10, view.getUint16(10) + 1);
    writeOpt(view, body.length, heard.code, query.edns.wantsProof);
  }
  return bytes;
}

/** Of an answer by UDP. */
export function roomOf({ edns }: Query): number {
  return Math.min(edns?.room ?? LEAST_ROOM, UDP_ROOM);
}

function answerFlags({ flags }: Query, code: number): number {
  return Flag.Response | Flag.Available | flags & (Flag.Desired | Flag.CheckingDisabled | 0x7800) | code & 15;
}

function writeOpt(view: DataView, at: number, code: number, proof: boolean): void {
  view.setUint16(at + 1, OPT);
  view.setUint16(at + 3, UDP_ROOM);
  view.setUint8(at + 5, code >> 4);
  view.setUint16(at + 7, proof ? DNSSEC_OK : 0);
}

interface NameAt { readonly key: string; readonly end: number; readonly compressed: boolean }

/** Of a name, perhaps compressed. Pointers lead backwards only, and so they end. */
function nameAt(bytes: Uint8Array, from: number): NameAt | undefined {
  let key = '', at = from, end: number | undefined;
  for (let pointers = 0; pointers <= MOST_POINTERS;) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length >= 0xc0) {
      const to = (length & 0x3f) << 8 | (bytes[at + 1] ?? 0);
      if (at + 1 >= bytes.length || to >= at) return undefined;
      end ??= at + 2;
      at = to;
      pointers++;
      continue;
    }
    if (length > MOST_LABEL_BYTES || at + 1 + length > bytes.length) return undefined;
    for (let i = at; i <= at + length; i++) key += String.fromCharCode(lower(bytes[i]!));
    if (key.length > MOST_NAME_BYTES) return undefined;
    at += 1 + length;
    if (length === 0) return { key, end: end ?? at, compressed: end !== undefined };
  }
  return undefined;
}

/** The key of a name on the wire. */
export function keyOfName(wire: Uint8Array): string {
  return Array.from(wire, byte => String.fromCharCode(lower(byte))).join('');
}

/** A label's length is below the letters. */
function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
