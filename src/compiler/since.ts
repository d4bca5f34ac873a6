// Since which kernel there is what lowered code uses, checked against the oldest one that the image must load on. Not what a running
// kernel has: that is asked when it is loaded (src/kernel).

import type { Module } from './2-check/tree.ts';
import { diagnostic, type Diagnostic } from './diagnostics/diagnostic.ts';
import type { Func, Inst } from './ir/ir.ts';

type Version = readonly [major: number, minor: number];

/** Older kernels are not compiled for: bounded loops (5.3), addresses of array values (5.2), jiffies (5.5), ring buffers (5.8) are taken for granted. */
const OLDEST: Version = [5, 10];

/** Helpers that came later (the kernel's bpf_helpers manual page and history of uapi/linux/bpf.h). */
const HELPERS: Readonly<Record<number, { readonly name: string; readonly since: Version }>> = {
  163: { name: 'bpf_check_mtu', since: [5, 12] }, 164: { name: 'bpf_for_each_map_elem', since: [5, 13] }, 169: { name: 'bpf_timer_init', since: [5, 15] },
  181: { name: 'bpf_loop', since: [5, 17] }, 188: { name: 'bpf_xdp_get_buff_len', since: [5, 18] }, 189: { name: 'bpf_xdp_load_bytes', since: [5, 18] },
};

function versionOf(text: string): Version | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})$/.exec(text);
  return parts ? [Number(parts[1]), Number(parts[2])] : undefined;
}

const before = (a: Version, b: Version): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

/** What the target does not have, once for each place. */
export function sinceDiagnostics(module: Module, functions: readonly Func[], target: string): Diagnostic[] {
  const version = versionOf(target);
  if (!version || before(version, OLDEST)) {
    return [diagnostic('IOV6005', { file: module.files[0] ?? '', line: 1, column: 1, endColumn: 2 }, { text: target, oldest: OLDEST.join('.') })];
  }
  const found = new Map<string, Diagnostic>();
  for (const inst of functions.flatMap(fn => fn.blocks.flatMap(block => block.insts))) {
    const needs = needed(inst);
    if (!needs || !before(version, needs.since)) continue;
    const { at } = inst;
    const where = { file: module.files[at.file] ?? '', line: at.line, column: at.column, endColumn: at.column + 1 };
    found.set(`${where.file}:${where.line}:${needs.what}`, diagnostic('IOV6004', where, { what: needs.what, since: needs.since.join('.'), target }));
  }
  return [...found.values()];
}

function needed(inst: Inst): { readonly what: string; readonly since: Version } | undefined {
  if (inst.op === 'atomic' && inst.result !== undefined) return { what: 'An atomic operation with a result', since: [5, 12] };
  if (inst.op === 'atomic' && inst.atomic !== 'add') return { what: `An atomic '${inst.atomic}'`, since: [5, 12] };
  const helper = inst.op === 'call' ? HELPERS[inst.helper] : undefined;
  return helper && { what: helper.name, since: helper.since };
}
