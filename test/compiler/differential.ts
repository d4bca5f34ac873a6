// One module, three readings: the evaluator of the typed tree, the vm and the kernel must agree on verdicts, packets and maps.

import { evaluateModule, ModuleWorld, type ModuleOutcome } from './evaluate-module.ts';
import type { Sent } from './random-frames.ts';
import { GIVEN } from './random-head.ts';
import type { CaseEngine, CaseMap } from '../../src/cases/engine.ts';
import { check } from '../../src/compiler/2-check/check.ts';
import type { Module } from '../../src/compiler/2-check/tree.ts';
import { compileChecked, type Compiled } from '../../src/compiler/compile.ts';
import { formatDiagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { link } from '../../src/datapath/link/link.ts';
import { modulePiece } from '../../src/datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../../src/datapath/link/verdicts.ts';
import { encodeContents } from '../../src/image/contents.ts';
import { ownKey, ownValue } from '../../src/image/hidden.ts';
import type { Image } from '../../src/image/image.ts';
import { ProgramRefused } from '../../src/kernel/refusal.ts';

/** What one packet left behind, as text. */
export interface Trace { readonly verdict: string; readonly frame: string; readonly maps: readonly string[] }
export type Difference =
  | { readonly kind: 'refused'; readonly diagnostics: string }
  | { readonly kind: 'compiler'; readonly message: string }
  | { readonly kind: 'kernel'; readonly message: string }
  | { readonly kind: 'differs'; readonly engine: string; readonly message: string };

const ENTRY = 'random.ts';
const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex');

/** Undefined: they agree. */
export function compareReadings(source: string, sent: readonly Sent[], engines: Readonly<Record<string, () => CaseEngine>>): Difference | undefined {
  const read = (path: string): string | undefined => path === ENTRY ? source : undefined;
  let image: Image;
  let warned: string;
  let expected: Trace[];
  try {
    const { module, diagnostics } = check({ read, entry: ENTRY });
    // The IR is verified after every pass of one program in four: it takes half of the time.
    const compiled: Compiled = module ? compileChecked(module, diagnostics, { read, entry: ENTRY, walks: true, verifyIr: source.length % 4 === 0 ? 'always' : 'ends' }) : { diagnostics };
    if (!module || !compiled.image) return { kind: 'refused', diagnostics: compiled.diagnostics.filter(d => d.severity === 'error').map(formatDiagnostic).join('\n') };
    image = compiled.image;
    warned = compiled.diagnostics.filter(d => d.code === 'IOV6007').map(formatDiagnostic).join('\n');
    expected = traces(module, sent);
  } catch (error) { return { kind: 'compiler', message: String((error as Error).stack) }; }
  for (const [name, engine] of Object.entries(engines)) {
    let got: Trace[];
    try { got = onEngine(image, engine(), sent); } catch (error) {
      // That the verifier may give up was said.
      return warned !== '' && error instanceof ProgramRefused ? { kind: 'refused', diagnostics: warned } : { kind: 'kernel', message: `${name}: ${(error as Error).message}` };
    }
    for (const [i, want] of expected.entries()) {
      const parts = (t: Trace): string[] => [t.verdict, t.frame, ...t.maps];
      const [a, b] = [parts(want), parts(got[i] as Trace)];
      const [more, less] = [a.filter(x => !b.includes(x)), b.filter(x => !a.includes(x))];
      if (more.length + less.length > 0) return { kind: 'differs', engine: name, message: `packet ${i}\nevaluator ${more.join('\n          ')}\n${name.padEnd(9)} ${less.join('\n          ')}` };
    }
  }
  return undefined;
}

const said = (o: Pick<ModuleOutcome, 'exit' | 'value'>): string => `${o.exit} ${o.value}`;

export function evaluated(source: string, sent: readonly Sent[]): Trace[] {
  const { module } = check({ read: path => path === ENTRY ? source : undefined, entry: ENTRY });
  if (!module) throw new Error('it does not check');
  return traces(module, sent);
}

function traces(module: Module, sent: readonly Sent[]): Trace[] {
  const world = new ModuleWorld(module, PREFIXES);
  const entry = module.entries[0];
  if (!entry) throw new Error('no program');
  return sent.map(({ port, frame }) => {
    const outcome = evaluateModule(module, world, entry.name, frame, port);
    const maps = [...world.maps].filter(([{ type }]) => isCompared(type.map));
    return { verdict: said(outcome), frame: frameOf(outcome.exit, outcome.frame), maps: maps.flatMap(([symbol, entries]) => entries.dump().map(e => `${symbol.name} ${e}`)).sort() };
  });
}

/** Of a packet that is dropped nobody sees the bytes. */
const frameOf = (exit: string, frame: Uint8Array): string => exit === 'drop' ? '' : hex(frame);

/** Tries are written by control only; which CPU a packet is on is not ours to say. */
const isCompared = (kind: string): boolean => !['lpm', 'ring', 'counter', 'config', 'shape', 'percpu-array', 'percpu-hash'].includes(kind);
const PREFIXES = Object.fromEntries(Object.entries(GIVEN).map(([name, rows]) =>
  [name, rows.map(([, value, key, bits]) => ({ key: new Uint8Array(Buffer.from(key, 'hex')), bits, value: BigInt(value) }))]));
const CONTENTS = Object.entries(GIVEN).map(([name, rows]) => [name, rows.map(([prefix, value]) => [prefix, value] as const)] as const);

const ELEMENT = 1;

function onEngine(image: Image, engine: CaseEngine, sent: readonly Sent[]): Trace[] {
  try {
    const maps: CaseMap[] = image.maps.map(decl => engine.createMap(decl));
    const contents = encodeContents(image, ELEMENT, Object.fromEntries(CONTENTS.filter(([name]) => image.maps.some(m => m.name === name))));
    if (!contents.ok) throw new Error(contents.errors.map(e => e.message).join());
    for (const { map, entries } of contents.maps) for (const [key, value] of entries) maps[map]?.live.update(key, value);
    const program = image.programs[0];
    if (!program) throw new Error('no program');
    const body = modulePiece(program, image.files, { map: i => (maps[i] as CaseMap).handle, constant: name => name === 'element' ? ELEMENT : engine.hz });
    const result = link({ body, joints: verdictJoints() });
    if (!result.ok) throw new Error(result.problem);
    const loaded = engine.load(program, result.linked);
    return sent.map(({ port, frame }) => {
      const run = loaded.run(frame.slice(), program.hook === 'tc' ? [port, 0, 0, 0, 0] : []);
      const verdict = readVerdict(run.result);
      const value = verdict?.exit === 'drop' || verdict?.exit === 'punt' ? image.sites[verdict.value]?.reason ?? '' : verdict?.value ?? 0;
      return { verdict: verdict ? said({ exit: verdict.exit, value }) : `nothing (${run.result})`, frame: frameOf(verdict?.exit ?? '', run.frame), maps: dump(image, maps) };
    });
  } finally { engine.close(); }
}

function dump(image: Image, maps: readonly CaseMap[]): string[] {
  return image.maps.flatMap((decl, i) => !isCompared(decl.kind) ? []
    : [...(maps[i] as CaseMap).live.entries()].map(([k, v]) => `${decl.name} ${hex(ownKey(decl, k).key)}=${hex(ownValue(decl, v).value)}`)).sort();
}
