// What the verifier's messages mean, in a sentence each: a table of patterns, old and new wordings alike. Every row has a message of a
// real kernel in verifier-causes.test.ts. It knows no source; that is refusal.ts.

interface Cause { readonly pattern: RegExp; readonly cause: string }

export const CAUSES: readonly Cause[] = [
  { pattern: /BPF program is too large|too many instructions/, cause: 'The verifier looked at a million instructions and gave up: too many ways, or too many rounds of loops.' },
  { pattern: /sequence of \d+ jumps is too complex/, cause: 'More branches wait for their other way than the verifier remembers.' },
  { pattern: /back-edge|infinite loop detected/, cause: 'A loop whose end the verifier does not see.' },
  { pattern: /unreachable insn/, cause: 'Code that no way leads to.' },
  { pattern: /invalid access to packet/, cause: 'Bytes of the packet are used that were not compared with its end on this way.' },
  { pattern: /invalid access to map value/, cause: 'An access beyond the value of a map, or by an index without a bound.' },
  { pattern: /invalid mem access '(?:map_value_or_null|mem_or_null)'|pointer type .*_or_null|possibly NULL pointer/, cause: 'What a look-up gave was not compared with null on this way.' },
  { pattern: /invalid mem access '(?:scalar|inv)'/, cause: 'A number is used as an address: the pointer was lost, by arithmetic or by a call that moved the packet.' },
  { pattern: /!read_ok/, cause: 'A register is read that nothing was written to on this way; calls leave r1 to r5 unset.' },
  { pattern: /invalid (?:indirect )?read from stack/, cause: 'Bytes of the stack are read that nothing was written to.' },
  { pattern: /combined stack size|stack depth|invalid (?:write to|stack)/, cause: 'More stack than the 512 bytes that a program has.' },
  { pattern: /pointer arithmetic|prohibited|unbounded (?:min|memory|max)|math between/, cause: 'A pointer and a number without known bounds were added.' },
  { pattern: /misaligned/, cause: 'An access at an address that is no multiple of its size, where the kernel demands it.' },
  { pattern: /invalid bpf_context access/, cause: "A field of the context that this kind of program does not have, or not in this size." },
  { pattern: /unknown func|program of this type cannot use helper|helper call is not allowed/, cause: 'A helper function that this kernel, or this kind of program, does not have.' },
  { pattern: /unknown opcode|BPF_\w+ uses reserved fields|invalid BPF_/, cause: 'An instruction that this kernel does not have.' },
  { pattern: /expected=|type=\S+ expected/, cause: 'A helper was given something of another kind than it takes.' },
  { pattern: /tail_call.*(?:not allowed|only)|cannot tail call/, cause: 'A tail call where the kernel takes none.' },
];

/** Undefined: a message of no row. */
export function causeOf(message: string): string | undefined {
  return CAUSES.find(({ pattern }) => pattern.test(message))?.cause;
}
