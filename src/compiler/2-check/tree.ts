// The typed tree: a checked module. Names are symbols, constants are folded, intrinsics are kinds of nodes, implicit
// conversions are nodes. It can be lowered without asking what a name means. Types are types.ts; who builds it is check.ts.
//
// Rules that lowering may lean on
// - Every expression has a `type`; operands of `arith`, `compare` and `select` have one and the same type (convert nodes see to it).
// - An expression of optional type is `undefined` or a value; `unwrap` takes the value where the checker knows that it is there.
// - A struct value is a reference: to a map's entry, to settings, or to a place on the stack that a `struct` node fills.
//   An argument passes the reference; a variable, a field and an element take a copy of a struct that is the program's own.
// - `const` values are bigint: unsigned where the type is; a Mac is a 48-bit number whose first byte is the highest; booleans are booleans.
// - Verdict expressions (`to`, `drop`…) are values until returned by the entry; lowering may end the program at once, for nothing but returns
//   and `??`, `?:` can stand between.

import type { HeaderClass, Member } from '../../lang/headers.ts';
import type { MapType, Place, StructClass, StructField, StructType, Type } from './types.ts';

export type * from './types.ts';

// ---- symbols -------------------------------------------------------------------------------------------------------

export interface Module {
  /** File's name without `.ts`. */
  readonly name: string;
  readonly kind: 'module' | 'filter' | 'xdp';
  readonly placement?: 'endpoint' | 'origin' | 'gateway';
  /** What `Place.file` indexes. */
  readonly files: readonly string[];
  /** `main` of a module and of xdp; `egress` and `ingress` of a filter. */
  readonly entries: readonly { readonly name: 'main' | 'egress' | 'ingress'; readonly function: Func }[];
  /** Programs behind the entries, reached by `jump`; a stage's slot is its index. */
  readonly stages: readonly StageSymbol[];
  /** In the order of the files; those of libraries only if reached. Settings are not among them. */
  readonly maps: readonly MapSymbol[];
  /** Those in which packets may make entries. */
  readonly grown: ReadonlySet<MapSymbol>;
  readonly settings: readonly SettingsSymbol[];
  readonly ports: readonly PortSymbol[];
  /** Every function that is reached, callees before callers; closures are not among them. */
  readonly functions: readonly Func[];
}

export interface Local {
  readonly kind: 'local';
  readonly name: string;
  readonly type: Type;
  /** Assigned after its declaration. */
  mutable: boolean;
  readonly at: Place;
}

/** A function; also a closure, whose body names locals of the function around it and which never escapes: inline it where it is called. */
export interface Func {
  readonly kind: 'function';
  readonly name: string;
  readonly params: readonly Local[];
  /** void, a verdict, or a value. */
  result: Type;
  body: Block;
  readonly closure: boolean;
  readonly at: Place;
}

export interface MapSymbol {
  readonly kind: 'map';
  readonly name: string;
  readonly exported: boolean;
  readonly type: MapType;
  readonly capacity: number;
  readonly at: Place;
  /** Of a map of maps: what each of its values is. */
  readonly inner?: MapSymbol;
}

export interface SettingsSymbol {
  readonly kind: 'settings';
  readonly name: string;
  readonly exported: boolean;
  readonly settings: 'config' | 'shape';
  readonly class: StructClass;
  /** A value for each field, in order; constants all. */
  readonly initial: readonly Expr[];
  readonly at: Place;
}

export interface StageSymbol {
  readonly kind: 'stage';
  readonly name: string;
  /** Its first parameter is the packet, the second, if there is one, the state. */
  readonly function: Func;
  readonly state?: StructType;
}

export interface PortSymbol {
  readonly kind: 'port';
  readonly name: string;
  readonly number: number;
}

// ---- statements ----------------------------------------------------------------------------------------------------

export interface Block { readonly kind: 'block'; readonly at: Place; readonly statements: readonly Statement[] }

export type UpdateOp = '+' | '-' | '&' | '|' | '^';

export type Statement =
  | Block
  /** Without a value: zero, false or undefined. */
  | { readonly kind: 'let'; readonly at: Place; readonly local: Local; readonly value?: Expr }
  | { readonly kind: 'assign'; readonly at: Place; readonly target: Target; readonly value: Expr }
  /** `+= -= &= |= ^= ++ --` as a statement on a u32 or u64 of a shared map value: atomic. All other compound assignments are `assign`. */
  | { readonly kind: 'update'; readonly at: Place; readonly target: Target & { readonly kind: 'field' | 'element' }; readonly op: UpdateOp; readonly value: Expr }
  | { readonly kind: 'expression'; readonly at: Place; readonly value: Expr }
  | { readonly kind: 'if'; readonly at: Place; readonly condition: Expr; readonly then: Statement; readonly else?: Statement }
  /** On integers and booleans (0, 1). No case falls into the next; a `break` inside leaves the switch. */
  | { readonly kind: 'switch'; readonly at: Place; readonly value: Expr; readonly cases: readonly SwitchCase[]; readonly otherwise?: Block }
  /** `rounds`: a proven bound of how often the body runs. */
  | { readonly kind: 'for'; readonly at: Place; readonly start: Statement | undefined; readonly condition: Expr; readonly step: Statement | undefined; readonly body: Statement; readonly rounds: number }
  /** for (const local of range(count, most)) */
  | { readonly kind: 'for-range'; readonly at: Place; readonly local: Local; readonly count: Expr; readonly most: number; readonly body: Statement }
  /** for (const local of run), a `tlvs` expression: at most `most` rounds. */
  | { readonly kind: 'for-tlvs'; readonly at: Place; readonly local: Local; readonly run: Expr; readonly body: Statement }
  | { readonly kind: 'return'; readonly at: Place; readonly value?: Expr }
  | { readonly kind: 'break'; readonly at: Place; readonly of: 'loop' | 'switch' }
  | { readonly kind: 'continue'; readonly at: Place };

export interface SwitchCase { readonly at: Place; readonly values: readonly bigint[]; readonly body: Block }

/** What can be assigned. */
export type Target =
  | Node<'local', { readonly local: Local }>
  | Node<'field', { readonly object: Expr; readonly field: StructField }>
  | Node<'element', { readonly object: Expr; readonly index: Expr }>
  | Node<'member', { readonly view: Expr; readonly header: HeaderClass; readonly member: Member }>
  | Node<'meta-field', { readonly packet: Expr; readonly name: MetaField }>
  | Node<'packet-field', { readonly packet: Expr; readonly name: PacketField }>;

// ---- expressions ---------------------------------------------------------------------------------------------------

export type Node<K extends string, T> = { readonly kind: K; readonly at: Place; readonly type: Type } & T;

export type ArithOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type CompareOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type PacketField = 'length' | 'port' | 'gsoSize' | 'vlan' | 'queue';
export type MetaField = 'domain' | 'sourceEndpoint' | 'sourceGroup' | 'hops' | 'tunnelKey' | 'conntrack';
export interface FieldValue { readonly field: StructField; readonly value: Expr }
export interface MemberValue { readonly member: Member; readonly value: Expr }
export type SetMode = 'any' | 'new' | 'exists';

export type Expr =
  // values
  /** `ones`: of a complement, `~5`: where the type is wider, there are ones above. For the checker alone. */
  | Node<'const', { readonly value: bigint | boolean; readonly ones?: boolean }>
  /** N zero bytes. */
  | Node<'bytes', Empty>
  | Node<'undefined', Empty>
  | Node<'local', { readonly local: Local }>
  /** A config or shape, as a reference to its struct. */
  | Node<'settings', { readonly symbol: SettingsSymbol }>
  | Node<'map', { readonly symbol: MapSymbol }>
  /** All fields in order, but those that come from `base` (spread). */
  | Node<'struct', { readonly fields: readonly FieldValue[]; readonly base?: Expr }>
  | Node<'array', { readonly elements: readonly Expr[] }>
  | Node<'field', { readonly object: Expr; readonly field: StructField }>
  /** Optional type: undefined where the index is not below the length. Bare type: the checker knows that it is. Of an array or bytes. */
  | Node<'element', { readonly object: Expr; readonly index: Expr }>

  // conversions
  /** Between integers (and from bool), value kept modulo 2^bits; sign-extends if the source is signed. Also between flavours: then nothing happens. */
  | Node<'convert', { readonly value: Expr }>
  /** T as T | undefined. */
  | Node<'wrap', { readonly value: Expr }>
  /** The value of an optional that is known to be there. */
  | Node<'unwrap', { readonly value: Expr }>
  /** A view known to be of a narrower header. */
  | Node<'refine', { readonly value: Expr }>

  // operators
  | Node<'arith', { readonly op: ArithOp; readonly left: Expr; readonly right: Expr }>
  /** On integers, booleans (== !=) and Macs (== !=): bool. */
  | Node<'compare', { readonly op: CompareOp; readonly left: Expr; readonly right: Expr }>
  /** === or !== where a side may be undefined: both are optional of one type; undefined equals undefined only. */
  | Node<'compare-optional', { readonly op: '==' | '!='; readonly left: Expr; readonly right: Expr }>
  | Node<'negate' | 'complement', { readonly value: Expr }>
  | Node<'not', { readonly value: Expr }>
  | Node<'and' | 'or', { readonly left: Expr; readonly right: Expr }>
  /** An optional is not undefined. */
  | Node<'present', { readonly value: Expr }>
  /** An optional integer or boolean is there and is not 0 or false. */
  | Node<'truthy', { readonly value: Expr }>
  | Node<'select', { readonly condition: Expr; readonly then: Expr; readonly else: Expr }>
  /** left ?? right: `left` is optional, `right` of the node's type. */
  | Node<'coalesce', { readonly left: Expr; readonly right: Expr }>
  /** a?.b, and `a && b` where a is optional: evaluates `base`; undefined → undefined, else `then` with the value in `local`. `then` has the node's type (or void). */
  | Node<'chain', { readonly base: Expr; readonly local: Local; readonly then: Expr }>
  /** Evaluates `value` into `local` once, then `then`: for `a || b` of values and the like. */
  | Node<'bind', { readonly local: Local; readonly value: Expr; readonly then: Expr }>
  | Node<'instanceof', { readonly value: Expr; readonly header: HeaderClass }>
  /** A function or a closure. */
  | Node<'call', { readonly function: Func; readonly args: readonly Expr[] }>

  // packets
  | Node<'packet-field', { readonly packet: Expr; readonly name: PacketField }>
  | Node<'meta-field', { readonly packet: Expr; readonly name: MetaField }>
  /** pkt.at, pkt.tryAt: past the end drop as `short`, or undefined (then the type is optional). */
  | Node<'at', { readonly packet: Expr; readonly header: HeaderClass; readonly offset: Expr; readonly pastEnd: 'drop' | 'undefined' }>
  /** view.payload, .tryPayload. `check`: compare what the view says follows; `trust`: it cannot say. Optional unless (trust and drop). */
  | Node<'payload', { readonly view: Expr; readonly header: HeaderClass; readonly says: 'check' | 'trust'; readonly pastEnd: 'drop' | 'undefined' }>
  | Node<'view-offset' | 'view-end', { readonly view: Expr }>
  | Node<'member', { readonly view: Expr; readonly header: HeaderClass; readonly member: Member }>
  /** Values are evaluated before any byte is written. `l4`: a view, an optional view, or not given. */
  | Node<'rewrite', { readonly view: Expr; readonly header: HeaderClass; readonly fields: readonly MemberValue[]; readonly l4?: Expr }>
  | Node<'fresh', { readonly after: Expr; readonly header: HeaderClass; readonly fields: readonly MemberValue[] }>
  | Node<'insert' | 'remove', { readonly packet: Expr; readonly after: Expr; readonly count: Expr }>
  | Node<'trim', { readonly packet: Expr; readonly length: Expr }>
  | Node<'checksum', { readonly from: Expr; readonly length: Expr; readonly most: number }>
  | Node<'mac-test', { readonly mac: Expr; readonly test: 'multicast' | 'broadcast' }>
  /** TLVs of a run: a member's (`options`), or tlvs(pkt, {…}). */
  | Node<'tlvs', { readonly packet: Expr; readonly offset: Expr; readonly end: Expr; readonly most: number; readonly pad?: number; readonly stop?: number; readonly lengthUnit: 1 | 8; readonly lengthCoversHeader: boolean }>
  | Node<'tlv-field', { readonly tlv: Expr; readonly name: 'type' | 'length' }>
  | Node<'tlv-read', { readonly tlv: Expr; readonly bits: 8 | 16 | 32; readonly offset: Expr }>

  // maps: `map` is a `map` node, or a value of map type (an inner map)
  /** Optional of the value; a struct value is a reference into the map. An array has an index for a key. Bare type: the checker knows that it is there (a constant index of an array). */
  | Node<'map-get', { readonly map: Expr; readonly key: Expr }>
  | Node<'map-set', { readonly map: Expr; readonly key: Expr; readonly value: Expr; readonly mode: SetMode; readonly seconds?: Expr }>
  | Node<'map-delete', { readonly map: Expr; readonly key: Expr }>
  | Node<'map-keep', { readonly map: Expr; readonly entry: Expr; readonly seconds: Expr }>
  | Node<'map-length', { readonly map: Expr }>
  | Node<'ring-send', { readonly map: Expr; readonly value: Expr }>
  | Node<'counter-add', { readonly map: Expr; readonly by: Expr }>
  | Node<'fetch-add', { readonly object: Expr; readonly field: StructField; readonly by: Expr }>
  | Node<'compare-swap', { readonly object: Expr; readonly field: StructField; readonly expected: Expr; readonly value: Expr }>

  // the world
  | Node<'now' | 'seconds' | 'random', Empty>
  | Node<'hash', { readonly seed: Expr; readonly parts: readonly Expr[] }>
  | Node<'min' | 'max', { readonly left: Expr; readonly right: Expr }>
  /** Ip4 → Ip6, and back. */
  | Node<'mapped' | 'unmapped', { readonly value: Expr }>
  /** Text and values in turn: one text more than values. */
  | Node<'log', { readonly texts: readonly string[]; readonly values: readonly Expr[] }>

  // verdicts
  | Node<'to', { readonly port: Expr }>
  | Node<'flood' | 'reply' | 'next', Empty>
  | Node<'drop' | 'punt', { readonly reason: string }>
  /** A tail call; where it fails, the packet is dropped as `stage-not-reached`. */
  | Node<'jump', { readonly symbol: StageSymbol; readonly state?: Expr }>
  /** An effect. */
  | Node<'mirror', { readonly port: Expr }>;

type Empty = Readonly<Record<never, never>>;
export type ExprOf<K extends Expr['kind']> = Expr & { readonly kind: K };
export type StatementOf<K extends Statement['kind']> = Statement & { readonly kind: K };
