// Bytes as hexadecimal digits and back, quickly: it is done for every key of tables of 100,000 entries.

const DIGITS = [...'0123456789abcdef'].map(digit => digit.charCodeAt(0));
/** Characters made in one call. */
const RUN_BYTES = 1024;

/** In one piece: text that grows by two digits at a time is a chain, which is put together where it is first looked at. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += RUN_BYTES) {
    const codes: number[] = [];
    for (const byte of bytes.subarray(from, from + RUN_BYTES)) codes.push(DIGITS[byte >> 4] as number, DIGITS[byte & 15] as number);
    text += String.fromCharCode(...codes);
  }
  return text;
}

/** Undefined: it is not pairs of 0-9 and a-f. */
export function unhex(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length >> 1);
  if (text.length % 2 !== 0) return undefined;
  for (let at = 0; at < bytes.length; at++) {
    const high = nibble(text.charCodeAt(2 * at)), low = nibble(text.charCodeAt(2 * at + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[at] = high << 4 | low;
  }
  return bytes;
}

function nibble(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}
