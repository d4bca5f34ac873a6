// A number for a text, for tables whose keys are 32 bits: the same everywhere and always. Two texts may have one number.

/** FNV-1a over its UTF-16 units. */
export function hash32(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193) >>> 0;
  return hash;
}

/** A number for each text, made of it, so that it stays as others come and go; but for two texts of one number, of which the first has it. Never 0. */
export class Numbers {
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set([0]);

  of(text: string): number {
    const had = this.#numbers.get(text);
    if (had !== undefined) return had;
    let number = hash32(text);
    while (this.#taken.has(number)) number = (number + 1) >>> 0;
    this.#taken.add(number);
    this.#numbers.set(text, number);
    return number;
  }
}
