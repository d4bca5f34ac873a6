// Sizes of sections in an ELF64 object, little-endian. Only what the bench asks of clang's output.

import { readFileSync } from 'node:fs';

/** Undefined: there is no such section. */
export function sectionBytes(object: string, name: string): number | undefined {
  const bytes = readFileSync(object);
  const tableAt = Number(bytes.readBigUInt64LE(40));                    // Elf64_Ehdr: e_shoff, e_shentsize 58, e_shnum 60, e_shstrndx 62
  const entryBytes = bytes.readUInt16LE(58);
  const entry = (index: number): Buffer => bytes.subarray(tableAt + index * entryBytes, tableAt + (index + 1) * entryBytes);
  const namesAt = Number(entry(bytes.readUInt16LE(62)).readBigUInt64LE(24));
  for (let index = 0; index < bytes.readUInt16LE(60); index++) {
    const section = entry(index);                                       // Elf64_Shdr: sh_name 0, sh_offset 24, sh_size 32
    const nameAt = namesAt + section.readUInt32LE(0);
    if (bytes.toString('latin1', nameAt, bytes.indexOf(0, nameAt)) === name) return Number(section.readBigUInt64LE(32));
  }
  return undefined;
}
