// A live BPF program: load, open, ask. Attaching is one file per attach point; running it by hand is test-run.ts.

import type { SourceLines } from '../image/source-lines.ts';
import { ERRNO, SysError } from '../sys/errors.ts';
import { type Fd, OwnedFd } from '../sys/fd.ts';
import { lastErrno } from '../sys/libc.ts';
import { ATTACH_TYPE } from './attach-types.ts';
import { Attr, bpf, tryBpf } from './command.ts';
import { type ProgramInfo, programInfo } from './info.ts';
import { ProgramRefused } from './refusal.ts';

/** enum bpf_prog_type. */
export const PROGRAM_TYPE = { SCHED_CLS: 3, XDP: 6 } as const;

/** What PROG_LOAD is asked for; plain data but for the descriptors of BTF. Map descriptors are in `code` already. */
export interface ProgramSpec {
  readonly name: string;
  readonly hook: 'tc' | 'xdp';
  /** 8 bytes a slot. */
  readonly code: Uint8Array;
  readonly license?: string;
  /** Names and lines for the kernel's own tools and log; needed for programs with functions behind the entry. */
  readonly btf?: ProgramBtf;
  /** For leading a refusal back to its line. */
  readonly source?: SourceLines;
}

/** struct bpf_func_info (8 bytes: insn_off, type_id) and bpf_line_info (16: insn_off, file_name_off, line_off, line_col), as arrays. */
export interface ProgramBtf {
  readonly fd: Fd;
  readonly funcInfo: Uint8Array;
  readonly lineInfo: Uint8Array;
}

const LEAST_LOG_BYTES = 1 << 18;
const MOST_LOG_BYTES = 1 << 26;
const MOST_ATTEMPTS = 5;

export class KernelProgram implements Disposable {
  readonly name: string;
  readonly #owned: OwnedFd;
  constructor(fd: Fd, name: string) {
    this.#owned = new OwnedFd(fd, `program ${name}`);
    this.name = name;
  }
  get fd(): Fd {
    return this.#owned.fd;
  }
  info(): ProgramInfo {
    return programInfo(this.fd);
  }
  /** Lets go of it; the kernel frees it when nothing attached, pinned or stored in a map uses it. */
  close(): void {
    this.#owned.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Loads without a log, for that is fastest, and again with one where the kernel refuses.
 * @throws ProgramRefused  the verifier said no
 * @throws SysError  no permission, no memory, not this kernel
 */
export function loadProgram(spec: ProgramSpec): KernelProgram {
  const fd = attempt(spec, undefined);
  if (fd >= 0) return new KernelProgram(fd as Fd, spec.name);
  const errno = lastErrno();
  if (errno === ERRNO.EPERM) throw new SysError(`bpf PROG_LOAD ${spec.name}`, errno);
  for (let bytes = LEAST_LOG_BYTES; ; bytes *= 8) {
    const log = new Uint8Array(bytes);
    const again = attempt(spec, log);
    if (again >= 0) return new KernelProgram(again as Fd, spec.name);      // it was short of something for a moment
    if (lastErrno() === ERRNO.ENOSPC && bytes < MOST_LOG_BYTES) continue;
    const end = log.indexOf(0);
    const text = new TextDecoder('latin1').decode(log.subarray(0, end < 0 ? bytes : end));
    throw text.trim() === '' ? new SysError(`bpf PROG_LOAD ${spec.name}`, errno) : new ProgramRefused(spec.name, errno, text, spec.source);
  }
}

function attempt(spec: ProgramSpec, log: Uint8Array | undefined): number {
  const attr = new Attr(152)
    .u32(0, spec.hook === 'tc' ? PROGRAM_TYPE.SCHED_CLS : PROGRAM_TYPE.XDP)
    .u32(4, spec.code.byteLength / 8).pointer(8, spec.code).text(16, spec.license ?? 'Dual MIT/GPL')
    .name(48, spec.name)
    // An XDP link is updated only by a program of the same expected attach type. A tc program has none.
    .u32(68, spec.hook === 'xdp' ? ATTACH_TYPE.XDP : 0);
  if (log) attr.u32(24, 1).u32(28, log.byteLength).pointer(32, log);
  if (spec.btf) {
    attr.u32(72, spec.btf.fd);
    if (spec.btf.funcInfo.byteLength > 0) attr.u32(76, 8).pointer(80, spec.btf.funcInfo).u32(88, spec.btf.funcInfo.byteLength / 8);
    if (spec.btf.lineInfo.byteLength > 0) attr.u32(92, 16).pointer(96, spec.btf.lineInfo).u32(104, spec.btf.lineInfo.byteLength / 16);
  }
  // A signal to this process ends the verifier's work with EAGAIN (libbpf tries 5 times too).
  for (let attempts = 1; ; attempts++) {
    const fd = tryBpf('PROG_LOAD', attr);
    if (fd >= 0 || lastErrno() !== ERRNO.EAGAIN || attempts === MOST_ATTEMPTS) return fd;
  }
}

/** A program by a descriptor of it, which is then the program's. @throws SysError */
export function programOfFd(fd: Fd): KernelProgram {
  return new KernelProgram(fd, programInfo(fd).name);
}

/** @throws SysError  ENOENT: no such id */
export function programById(id: number): KernelProgram {
  return programOfFd(bpf('PROG_GET_FD_BY_ID', new Attr(12).u32(0, id), `id ${id}`) as Fd);
}
