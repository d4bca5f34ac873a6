// A growing run of bytes with WebAssembly's number encodings (LEB128). It knows nothing of modules or instructions.

export class Bytes {
  private data = new Uint8Array(256);
  private used = 0;

  get length(): number { return this.used; }

  byte(value: number): this {
    if (this.used === this.data.length) this.grow(1);
    this.data[this.used++] = value;
    return this;
  }

  bytes(values: Uint8Array | readonly number[]): this {
    if (this.used + values.length > this.data.length) this.grow(values.length);
    this.data.set(values, this.used);
    this.used += values.length;
    return this;
  }

  /** Unsigned, below 2^32. */
  unsigned(value: number): this {
    value >>>= 0;
    while (value > 0x7f) {
      this.byte((value & 0x7f) | 0x80);
      value >>>= 7;
    }
    return this.byte(value);
  }

  /** Signed, within 32 bits. */
  signed(value: number): this {
    value |= 0;
    while (value < -64 || value > 63) {
      this.byte((value & 0x7f) | 0x80);
      value >>= 7;
    }
    return this.byte(value & 0x7f);
  }

  /** Signed, within 64 bits; larger values wrap. */
  signed64(value: bigint): this {
    value = BigInt.asIntN(64, value);
    while (value < -64n || value > 63n) {
      this.byte(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    return this.byte(Number(value & 0x7fn));
  }

  /** UTF-8 with its length before it. */
  name(text: string): this {
    const encoded = new TextEncoder().encode(text);
    return this.unsigned(encoded.length).bytes(encoded);
  }

  /** Another run with its length before it. */
  sized(inner: Bytes): this {
    return this.unsigned(inner.used).bytes(inner.toBytes());
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.used);
  }

  private grow(atLeast: number): void {
    const bigger = new Uint8Array(Math.max(this.data.length * 2, this.used + atLeast));
    bigger.set(this.data.subarray(0, this.used));
    this.data = bigger;
  }
}
