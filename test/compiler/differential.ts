// One module, three readings: the evaluator of the typed tree, the vm and the kernel must agree on verdicts, packets and maps.

import { evaluateModule, ModuleWorld, type ModuleOutcome } from './evaluate-module.ts';
import type { Sent } from './random-frames.ts';
import { GIVEN, GIVEN_MAPS } from './random-head.ts';
import type { Copy } from '../../src/cases/copies.ts';
import { CaseElement } from '../../src/cases/element.ts';
import type { CaseEngine, CaseMap } from '../../src/cases/engine.ts';
import { check } from '../../src/compiler/2-check/check.ts';
import type { Module } from '../../src/compiler/2-check/tree.ts';
import { compileChecked, type Compiled } from '../../src/compiler/compile.ts';
import { formatDiagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { ownKey, ownValue } from '../../src/image/hidden.ts';
import type { Image } from '../../src/image/image.ts';
import type { Contents } from '../../src/image/values.ts';
import { ProgramRefused } from '../../src/kernel/refusal.ts';

/** What one packet left behind, as text. */
interface Trace { readonly verdict: string; readonly frame: string; readonly maps: readonly string[] }
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
  const world = new ModuleWorld(module, PREFIXES, INNER_MAPS);
  const entry = module.entries[0];
  if (!entry) throw new Error('no program');
  return sent.map(({ port, frame }) => {
    // Of a filter nobody says here what port it stands at.
    const outcome = evaluateModule(module, world, entry.name, frame, module.kind === 'module' ? port : 0);
    const maps = [...world.maps].filter(([{ type, inner }]) => isCompared(type.map) && !inner);
    return { verdict: said(outcome), frame: frameOf(outcome.exit, outcome.frame), maps: [...copiesOf(outcome.copies), ...outcome.records.map((r, n) => `record ${n} ${hex(r)}`), ...maps.flatMap(([symbol, entries]) => entries.dump().map(e => `${symbol.name} ${e}`)).sort()] };
  });
}

/** Of a packet that is dropped nobody sees the bytes. */
const frameOf = (exit: string, frame: Uint8Array): string => exit === 'drop' ? '' : hex(frame);

/** Tries are written by control only; which CPU a packet is on is not ours to say. */
const isCompared = (kind: string): boolean => !['lpm', 'ring', 'counter', 'config', 'shape', 'percpu-array', 'percpu-hash', 'stages'].includes(kind);
const PREFIXES = Object.fromEntries(Object.entries(GIVEN).map(([name, rows]) =>
  [name, rows.map(([, value, key, bits]) => ({ key: new Uint8Array(Buffer.from(key, 'hex')), bits, value: BigInt(value) }))]));
const pairs = (values: readonly (number | readonly [number, number])[]): (readonly [bigint, bigint])[] => values.map((v, i) => typeof v === 'number' ? [BigInt(i), BigInt(v)] : [BigInt(v[0]), BigInt(v[1])]);
const INNER_MAPS = {
  rings: GIVEN_MAPS.rings.map(([key, values]) => ({ key: BigInt(key), entries: pairs(values) })),
  tables: GIVEN_MAPS.tables.map((entries, i) => ({ key: BigInt(i), entries: pairs(entries) })),
};
const CONTENTS: Contents = { ...Object.fromEntries(Object.entries(GIVEN).map(([name, rows]) => [name, rows.map(([prefix, value]) => [prefix, value])])), ...GIVEN_MAPS } as unknown as Contents;

/** Copies that engines keep. */
const MOST_COPIES = 16;
const copiesOf = (copies: readonly Copy[]): string[] => copies.map(({ port, frame }, i) => i < MOST_COPIES ? `copy ${i} ${port} ${hex(frame)}` : `copy ${i}`);

function onEngine(image: Image, engine: CaseEngine, sent: readonly Sent[]): Trace[] {
  try {
    const element = new CaseElement(engine, image, Object.fromEntries(Object.entries(CONTENTS).filter(([name]) => image.maps.some(m => m.name === name))));
    return sent.map(({ port, frame }) => {
      const { verdict, frame: after, copies } = element.send({ by: image.kind === 'module' ? port : image.kind === 'filter' ? 'egress' : 'main', frame: frame.slice() });
      const value = verdict?.exit === 'drop' || verdict?.exit === 'punt' ? image.sites[verdict.value]?.reason ?? '' : verdict?.value ?? 0;
      const records = image.maps.flatMap((decl, i) => decl.kind === 'ring' ? engine.drain(element.maps[i] as CaseMap).map((r, n) => `record ${n} ${hex(r)}`) : []);
      return { verdict: verdict ? said({ exit: verdict.exit, value }) : 'nothing', frame: frameOf(verdict?.exit ?? '', after), maps: [...copiesOf(copies), ...records, ...dump(image, element.maps)] };
    });
  } finally { engine.close(); }
}

function dump(image: Image, maps: readonly CaseMap[]): string[] {
  return image.maps.flatMap((decl, i) => !isCompared(decl.kind) || decl.inner ? []
    : [...(maps[i] as CaseMap).live.entries()].map(([k, v]) => `${decl.name} ${hex(ownKey(decl, k).key)}=${hex(ownValue(decl, v).value)}`)).sort();
}
