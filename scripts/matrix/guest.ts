// The loader inside of a guest, its first process: loads every job with our own loader (src/kernel) and prints what the kernel said.
// It judges nothing. When it ends the kernel panics, and the machine is turned off from outside.

import { mkdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { createMap, type KernelMap } from '../../src/kernel/map.ts';
import { loadProgram } from '../../src/kernel/program.ts';
import { ProgramRefused } from '../../src/kernel/refusal.ts';
import { libcInteger } from '../../src/sys/libc.ts';
import { bytesOf, type Job, type Loaded, MARK } from './job.ts';

const MOST_LOG_CHARACTERS = 6000;
const RLIMIT_MEMLOCK = 8;
const LDDW = 0x18, PSEUDO_MAP = 1, PSEUDO_MAP_VALUE = 2;

const mount = libcInteger('int mount(const char *source, const char *target, const char *type, ulong flags, void *data)');
for (const [type, path] of [['proc', '/proc'], ['sysfs', '/sys']] as const) {
  mkdirSync(path, { recursive: true });
  mount(type, path, type, 0, null);
}
// Kernels before 5.11 count the memory of maps as locked.
libcInteger('int setrlimit(int resource, const void *limits)')(RLIMIT_MEMLOCK, new Uint8Array(16).fill(0xff));
say({ kernel: release() });
const jobs = JSON.parse(readFileSync('/matrix/jobs.json', 'utf8')) as readonly Job[];
for (const [index, job] of jobs.entries()) say(load(index, job));
say({ done: true });
setInterval(() => undefined, 60_000);       // the first process must not end before it was heard

function say(value: unknown): void {
  process.stdout.write(`${MARK}${JSON.stringify(value)}\n`);
}

function load(index: number, job: Job): Loaded {
  const maps = new Map<number, KernelMap>();
  try {
    for (const { handle, spec, entries, frozen } of job.maps) {
      const map = createMap(spec);
      maps.set(handle, map);
      for (const [key, value] of entries) map.update(bytesOf(key), bytesOf(value));
      if (frozen) map.freeze();
    }
    using program = loadProgram({ name: job.program, hook: job.hook, code: withDescriptors(bytesOf(job.code), maps), source: job });
    return { job: index, ok: true, steps: program.info().verifiedInsns };
  } catch (error) {
    if (!(error instanceof ProgramRefused)) return { job: index, ok: false, reason: error instanceof Error ? error.message : String(error) };
    const { reason, place, slot, log } = error;
    return {
      job: index, ok: false, reason, ...(place && { place: `${place.file}:${place.line}:${place.column}` }), ...(slot !== undefined && { slot }),
      log: log.slice(-MOST_LOG_CHARACTERS),
    };
  } finally {
    for (const map of maps.values()) map.close();
  }
}

function withDescriptors(code: Uint8Array, maps: ReadonlyMap<number, KernelMap>): Uint8Array {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let at = 0; at < code.byteLength; at += 8) {
    if (view.getUint8(at) !== LDDW) continue;
    const source = view.getUint8(at + 1) >> 4;
    if (source === PSEUDO_MAP || source === PSEUDO_MAP_VALUE) {
      const map = maps.get(view.getInt32(at + 4, true));
      if (!map) throw new Error(`slot ${at / 8} names a map that the job does not have`);
      view.setInt32(at + 4, map.fd, true);
    }
    at += 8;
  }
  return code;
}
