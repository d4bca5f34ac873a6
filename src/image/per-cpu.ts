// Values of per-CPU maps, as every engine gives them: of one CPU after another, each rounded up to 8 bytes.

/** The u64 words of a value, over all CPUs. */
export function sumsOfCpus(values: Uint8Array | undefined, valueBytes: number): number[] {
  const sums = new Array<number>(Math.ceil(valueBytes / 8)).fill(0);
  if (!values) return sums;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let at = 0; at < values.byteLength; at += 8) sums[(at / 8) % sums.length]! += Number(view.getBigUint64(at, true));
  return sums;
}
