// Plain data with bytes and bigints as JSON text and back. Nothing of Node: the vm driver runs in browsers too.

const BYTES = '$bytes', BIG = '$bigint';

export function recordText(value: unknown): string {
  return JSON.stringify(wrap(value));
}

export function recordValue(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (BYTES in value) return Uint8Array.from(atob(value[BYTES] as string), char => char.charCodeAt(0));
    return BIG in value ? BigInt(value[BIG] as string) : value;
  });
}

function wrap(value: unknown): unknown {
  if (typeof value === 'bigint') return { [BIG]: value.toString() };
  if (value instanceof Uint8Array) return { [BYTES]: btoa(Array.from(value, byte => String.fromCharCode(byte)).join('')) };
  if (Array.isArray(value)) return value.map(wrap);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, v]) => [field, wrap(v)]));
}
