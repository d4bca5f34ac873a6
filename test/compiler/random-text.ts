// A tape of numbers read as decisions, and the lines that come of them. What the language has is random-values.ts and those behind it.

export type Int = 'u8' | 'u16' | 'u32' | 'i32' | 'u64' | 'i64' | 'u128';
export type Kind = Int | 'boolean';
interface Variable { readonly name: string; readonly type: Kind; readonly mutable: boolean }
export type StructName = 'Pair' | 'Record' | 'Tally';
interface StructVariable { readonly name: string; readonly type: StructName; readonly mutable: boolean }
export interface ViewVariable { readonly name: string; readonly header: string }

/** Programs of each kind, and what packets they are about. */
interface Style { readonly program: 'module' | 'filter' | 'xdp'; readonly network: boolean }

/** Names at hand. */
interface Scope {
  variables: Variable[];
  /** Integers that may be undefined. */
  maybes: Variable[];
  structs: StructVariable[];
  views: ViewVariable[];
  /** Entries of class Entry: nothing may write their maps. */
  held: string[];
  /** An entry of another map is at hand: as well. */
  guarded: boolean;
}

export function styleOf(tape: readonly number[]): Style {
  const first = tape[0] ?? 0;
  return { program: (['module', 'module', 'module', 'filter', 'xdp'] as const)[first % 5] ?? 'module', network: Math.floor(first / 5) % 2 === 1 };
}

export class Writer {
  readonly style: Style;
  readonly #tape: readonly number[];
  #at = 1;
  #names = 0;
  readonly lines: string[] = [];
  indent = 0;
  scope: Scope = { variables: [], maybes: [], structs: [], views: [], held: [], guarded: false };
  /** Those that may be jumped to. */
  readonly stages: string[] = [];
  functions: { readonly name: string; readonly params: readonly Kind[]; readonly result: Kind }[] = [];
  /** There is a packet, `eth` and `p`; effects are allowed. */
  packet = false;
  effects = false;
  /** What is written now is a stage. */
  inStage = false;
  /** The view of class Probe. */
  p = 'p';

  constructor(tape: readonly number[]) {
    this.#tape = tape;
    this.style = styleOf(tape);
  }

  get busy(): boolean { return this.scope.guarded || this.scope.held.length > 0; }
  get done(): boolean { return this.#at >= this.#tape.length; }
  next(most: number): number { return (this.#tape[this.#at++] ?? 0) % most; }
  pick<T>(list: readonly T[]): T { return list[this.next(list.length)] as T; }
  name(of: string): string { return `${of}${this.#names++}`; }
  line(text: string): void { this.lines.push(`${'  '.repeat(this.indent)}${text}`); }

  /** What `write` declares is known inside only. */
  within(write: () => void): void {
    const { scope } = this;
    this.scope = { variables: [...scope.variables], maybes: [...scope.maybes], structs: [...scope.structs], views: [...scope.views], held: [...scope.held], guarded: scope.guarded };
    write();
    this.scope = scope;
  }
}
