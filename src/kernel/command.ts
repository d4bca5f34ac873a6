// bpf(2) as commands on an attribute block: union bpf_attr of <linux/bpf.h>, written field by field at its byte offsets.
// What the fields mean is in the files that use them.

import { bpfCall } from '../sys/bpf-call.ts';
import { SysError } from '../sys/errors.ts';
import { addressOf, lastErrno } from '../sys/libc.ts';

/** enum bpf_cmd. */
const COMMAND = {
  MAP_CREATE: 0, MAP_LOOKUP_ELEM: 1, MAP_UPDATE_ELEM: 2, MAP_DELETE_ELEM: 3, MAP_GET_NEXT_KEY: 4, PROG_LOAD: 5, OBJ_PIN: 6, OBJ_GET: 7,
  PROG_TEST_RUN: 10, PROG_GET_NEXT_ID: 11, MAP_GET_NEXT_ID: 12, PROG_GET_FD_BY_ID: 13, MAP_GET_FD_BY_ID: 14, OBJ_GET_INFO_BY_FD: 15,
  PROG_QUERY: 16, BTF_LOAD: 18, MAP_LOOKUP_AND_DELETE_ELEM: 21, MAP_FREEZE: 22, MAP_LOOKUP_BATCH: 24, MAP_UPDATE_BATCH: 26, MAP_DELETE_BATCH: 27, LINK_CREATE: 28, LINK_UPDATE: 29,
  LINK_GET_FD_BY_ID: 30, LINK_GET_NEXT_ID: 31, ENABLE_STATS: 32, LINK_DETACH: 34,
} as const;

export type Command = keyof typeof COMMAND;

/** An attribute block. Bytes given to `pointer` stay alive as long as it does. */
export class Attr {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #alive: Uint8Array[] = [];
  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.bytes.buffer);
  }
  u32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }
  u64(offset: number, value: bigint): this {
    this.#view.setBigUint64(offset, value, true);
    return this;
  }
  pointer(offset: number, to: Uint8Array | null | undefined): this {
    if (to) this.#alive.push(to);
    return this.u64(offset, addressOf(to));
  }
  text(offset: number, text: string): this {
    return this.pointer(offset, new TextEncoder().encode(`${text}\0`));
  }
  /** An object's name: the kernel takes 15 letters, digits, `_` and `.`. */
  name(offset: number, name: string): this {
    const safe = name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15);
    this.bytes.set(new TextEncoder().encode(safe), offset);
    return this;
  }
  readU32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }
}

/** Runs the command; −1 leaves errno for `lastErrno`. */
export function tryBpf(command: Command, attr: Attr): number {
  return bpfCall(COMMAND[command], attr.bytes);
}

/** Runs the command. `on` names the object for the error. @throws SysError */
export function bpf(command: Command, attr: Attr, on = ''): number {
  const result = tryBpf(command, attr);
  if (result < 0) throw new SysError(`bpf ${command}${on ? ` ${on}` : ''}`, lastErrno());
  return result;
}
