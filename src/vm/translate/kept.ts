// What was translated lately in this process: the same code, over maps that answer the same, is the same WebAssembly, compiled once. Packet cases begin
// with a vm of their own each, and load the same program into it. What was refused is not kept.

import { sameBytes } from '../../image/bytes.ts';
import type { HookName } from '../hooks/hook.ts';
import type { MapAddresses } from '../maps/addresses.ts';
import type { Checked } from '../refusal.ts';
import type { Checks } from './function.ts';
import type { Translated } from './translate.ts';

/** Of all that is kept, code and WebAssembly; the oldest goes first. */
const MOST_BYTES = 32 << 20;
/** The same code over maps that lie elsewhere. */
const MOST_ALIKE = 4;

interface Kept {
  readonly code: Uint8Array;
  /** What was asked of the maps, and their answers, as text. */
  readonly asked: readonly Asked[];
  readonly translated: Translated;
}
interface Asked { readonly ask: (maps: MapAddresses) => unknown; readonly answer: string }

const kept = new Map<string, readonly Kept[]>();
let keptBytes = 0;

export function translatedOnce(code: Uint8Array, of: { readonly hook: HookName; readonly checks: Checks }, maps: MapAddresses, translate: (maps: MapAddresses) => Checked<Translated>): Checked<Translated> {
  const key = `${of.hook} ${of.checks} ${code.length} ${hash(code)}`;
  const known = kept.get(key)?.find(k => sameBytes(k.code, code) && k.asked.every(({ ask, answer }) => textOf(ask(maps)) === answer));
  if (known) return { ok: true, value: known.translated };
  const asked: Asked[] = [];
  const made = translate(recorded(maps, asked));
  if (made.ok) keep(key, { code: code.slice(), asked, translated: made.value });
  return made;
}

function recorded(maps: MapAddresses, asked: Asked[]): MapAddresses {
  const seen = <Answer>(ask: (maps: MapAddresses) => Answer): Answer => {
    const answer = ask(maps);
    asked.push({ ask, answer: textOf(answer) });
    return answer;
  };
  return { has: handle => seen(m => m.has(handle)), valueAddress: (handle, offset) => seen(m => m.valueAddress(handle, offset)), lookupOf: handle => seen(m => m.lookupOf(handle)) };
}

function keep(key: string, entry: Kept): void {
  const alike = kept.get(key) ?? [];
  const stay = alike.slice(-(MOST_ALIKE - 1));
  kept.set(key, [...stay, entry]);
  keptBytes += bytesOf(entry);
  for (const gone of alike.slice(0, alike.length - stay.length)) keptBytes -= bytesOf(gone);
  for (const [oldest, entries] of kept) {
    if (keptBytes <= MOST_BYTES) return;
    kept.delete(oldest);
    for (const gone of entries) keptBytes -= bytesOf(gone);
  }
}

const bytesOf = ({ code, translated }: Kept): number => code.length + translated.wasm.length;

function textOf(answer: unknown): string {
  return JSON.stringify(answer) ?? 'nothing';
}

/** FNV-1a. */
function hash(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
