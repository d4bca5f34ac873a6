// Records of 32-bit words to bytes, little-endian: how func_info, line_info and the headers of .BTF.ext are laid out.

export function words(count: number, records: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * count * records.length);
  const view = new DataView(bytes.buffer);
  records.forEach((record, i) => { record.forEach((word, j) => { view.setUint32(4 * (count * i + j), word, true); }); });
  return bytes;
}
