// The .data files of bpf_conformance and uBPF: sections that begin with `-- name`.
//
//     asm     assembler text         raw     instead of it: 64-bit numbers in hexadecimal, one a slot, or bytes
//     mem     bytes in hexadecimal: r1 points to them, r2 is their number
//     result  r0 at the end          error   instead of it: the program is refused, or faults

import { decode } from '../../src/isa/decode.ts';
import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';

export interface ConformanceCase {
  /** Or why the text is no program. */
  readonly code: { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly reason: string };
  readonly memory: Uint8Array;
  readonly expected: { readonly kind: 'result'; readonly value: bigint } | { readonly kind: 'error'; readonly text: string };
}

export function parseCase(text: string): ConformanceCase {
  const sections = new Map<string, string>();
  let name = '';
  for (const line of text.split('\n')) {
    const heading = /^-- (.*\S)\s*$/.exec(line);
    if (heading) name = heading[1]!;
    else sections.set(name, (sections.get(name) ?? '') + line + '\n');
  }
  const result = sections.get('result');
  return {
    code: codeOf(sections),
    memory: bytesOf(sections.get('mem') ?? ''),
    expected: result === undefined || sections.has('error') ? { kind: 'error', text: sections.get('error')?.trim() ?? '' } : { kind: 'result', value: BigInt.asUintN(64, BigInt(result.replace(/#.*/g, '').trim())) },
  };
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from((text.replace(/#.*/g, '').match(/[0-9a-f]{2}/gi) ?? []).map(byte => Number.parseInt(byte, 16)));
}

function codeOf(sections: ReadonlyMap<string, string>): ConformanceCase['code'] {
  const raw = sections.get('raw');
  if (raw !== undefined && !sections.get('asm')?.trim()) {
    const text = raw.replace(/#.*/g, '');
    const bytes = /0x/i.test(text) ? new Uint8Array(BigUint64Array.from((text.match(/0x[0-9a-f]+/gi) ?? []).map(BigInt)).buffer) : bytesOf(text);
    const decoded = decode(bytes);
    return decoded.ok ? { ok: true, bytes } : decoded;
  }
  const assembled = assemble(sections.get('asm') ?? '');
  if (!assembled.ok) return { ok: false, reason: assembled.errors.map(e => `line ${e.line}: ${e.message}`).join('; ') };
  return { ok: true, bytes: encode(assembled.insns) };
}
