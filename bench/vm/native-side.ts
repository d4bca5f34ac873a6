// The C file as a program of this machine: clang -O2 -march=native, maps and helpers from bench/c/native.h, driven by lines (native.c).

import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Sent } from '../compiler/subject.ts';
import { RUN_DIR } from '../leftovers.ts';
import { clangHere } from '../tools.ts';
import type { ObjectMap, ObjectSpec } from '../../src/image/elf/object.ts';
import { padded, type EngineSide, type Filled } from './side.ts';

export const NATIVE = 'native C';
/** Without vector registers, which eBPF has not. */
export const NATIVE_SCALAR = 'native, no vectors';
const SOURCES = resolve(import.meta.dirname, '../c');
const RUNS = 1_000_000;
const HZ = 250;
const KINDS: Readonly<Record<string, number>> = { HASH: 1, ARRAY: 2, LPM_TRIE: 11 };

interface NativeInput {
  readonly spec: ObjectSpec;
  readonly filled: readonly Filled[];
  readonly defines: Readonly<Record<string, number>>;
  /** Packets that make the state of the maps: this side's process lives for one question. */
  readonly before: readonly Sent[];
}

/** @throws Error  clang refuses the file */
export function nativeSide(who: typeof NATIVE | typeof NATIVE_SCALAR, name: string, { spec, filled, defines, before }: NativeInput): EngineSide {
  const program = `${RUN_DIR}/native-${name}-${who === NATIVE ? 'vectors' : 'scalar'}`;
  clangHere(`${SOURCES}/native.c`, program, { flags: [...(who === NATIVE ? [] : ['-fno-vectorize', '-fno-slp-vectorize']), '-I', SOURCES, '-include', 'native.h', '-include', `${name}.c`], defines: { NATIVE: 1, HZ, ...defines } });
  const setting = [
    ...spec.maps.filter(map => KINDS[map.type] !== undefined && !map.name.startsWith('.') && !map.name.includes('.')).map(({ name: map, type, keyBytes, valueBytes, capacity }) =>
      `map ${map} ${KINDS[type]} ${keyBytes} ${valueBytes} ${capacity}`),
    ...filled.flatMap(({ map, entries }) => {
      const known = spec.maps.find(one => one.name === map) as ObjectMap;
      return entries.map(([key, value]) => `put ${map} ${hex(padded(key, known.keyBytes))} ${hex(padded(value, known.valueBytes))}`);
    }),
    ...before.map(sent => `once ${words(sent)}`),
  ];
  const ask = (...lines: string[]): string[] =>
    execFileSync(program, { input: [...setting, ...lines, ''].join('\n'), encoding: 'utf8', maxBuffer: 1 << 24 }).trim().split('\n').slice(before.length);
  return {
    name: who,
    once(sent) {
      const [result, frame] = (ask(`once ${words(sent)}`)[0] ?? '').split(' ');
      return { result: Number(result), frame: Buffer.from(frame ?? '', 'hex') };
    },
    time(sent) {
      const empty = `time ${words({ ...sent, entry: 'empty' })} ${RUNS}`;
      const [first, ns, second] = ask(empty, `time ${words(sent)} ${RUNS}`, empty).map(Number);
      return (ns! - (first! + second!) / 2) / RUNS;
    },
    [Symbol.dispose]() {},
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const words = ({ entry, port = 0, frame }: Sent): string => `${entry} ${port} ${hex(frame)}`;
