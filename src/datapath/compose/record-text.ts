// Plain data with bytes and bigints as JSON text and back.

const BYTES = '$bytes', BIG = '$bigint';

export function recordText(value: unknown): string {
  return JSON.stringify(wrap(value));
}

export function recordValue(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (BYTES in value) return Uint8Array.from(Buffer.from(value[BYTES] as string, 'base64'));
    return BIG in value ? BigInt(value[BIG] as string) : value;
  });
}

function wrap(value: unknown): unknown {
  if (typeof value === 'bigint') return { [BIG]: value.toString() };
  if (value instanceof Uint8Array) return { [BYTES]: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(wrap);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, v]) => [field, wrap(v)]));
}
