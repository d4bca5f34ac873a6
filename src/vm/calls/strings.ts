// Helpers on text: strtol, strtoul, strncmp, and what snprintf and trace_printk share (kernel/bpf/helpers.c: bpf_bprintf_prepare).

import { ERRNO } from '../maps/errno.ts';
import type { HelperDefinition } from './definition.ts';
import { span, type Machine } from './machine.ts';

const BASES: readonly number[] = [0, 8, 10, 16];
/** BPF_STRTOX_BASE_MASK. */
const BASE_MASK = 0x1f;

/** As _parse_integer: white space, a sign, a prefix of the base, digits. */
function parse({ memory }: Machine, from: number, length: number, base: number, isSigned: boolean): { readonly value: bigint; readonly used: number } | number {
  const text = String.fromCharCode(...memory.read(from, length));
  const found = /^([\t-\r ]*)(-?)(.*)$/s.exec(text)!;
  const [, space = '', minus = '', rest = ''] = found;
  if (minus !== '' && !isSigned) return ERRNO.EINVAL;
  const prefix = (base === 0 || base === 16) && /^0x[0-9a-f]/i.test(rest) ? 2 : 0;
  const actual = base !== 0 ? base : prefix > 0 ? 16 : rest.startsWith('0') ? 8 : 10;
  const digits = { 8: /^[0-7]+/, 10: /^[0-9]+/, 16: /^[0-9a-f]+/i }[actual]!.exec(rest.slice(prefix))?.[0];
  if (digits === undefined) return ERRNO.EINVAL;
  const size = BigInt(`${{ 8: '0o', 10: '', 16: '0x' }[actual]!}${digits}`);
  const value = minus === '' ? size : -size;
  const fits = isSigned ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  return fits ? { value, used: space.length + minus.length + prefix + digits.length } : ERRNO.ERANGE;
}

const strto = (name: string, isSigned: boolean): HelperDefinition => ({
  name, parameters: ['narrow', 'narrow', 'narrow', 'narrow'], result: 'error',
  make: machine => (text: number, length: number, flags: number, to: number): number => {
    span(machine, text, length, 'read');
    span(machine, to, 8, 'write');
    if (length === 0 || (flags & ~BASE_MASK) !== 0 || !BASES.includes(flags & BASE_MASK)) return ERRNO.EINVAL;
    const parsed = parse(machine, text, length >>> 0, flags & BASE_MASK, isSigned);
    if (typeof parsed === 'number') return parsed;
    machine.memory.view.setBigUint64(to, BigInt.asUintN(64, parsed.value), true);
    return parsed.used;
  },
});

export const STRING_HELPERS: readonly HelperDefinition[] = [
  strto('strtol', true),
  strto('strtoul', false),
  {
    name: 'strncmp', parameters: ['narrow', 'low', 'narrow'], result: 'error',
    make: machine => (a: number, length: number, b: number): number => {
      const { bytes } = machine.memory;
      span(machine, a, length, 'read');
      span(machine, b, 1, 'read');
      for (let i = 0; i < length >>> 0; i++) {
        const left = bytes[a + i]!, right = bytes[b + i]!;
        if (left !== right) return left < right ? -1 : 1;
        if (left === 0) return 0;
      }
      return 0;
    },
  },
];
