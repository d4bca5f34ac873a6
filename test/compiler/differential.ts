// One module, three readings: the evaluator of the typed tree, the vm and the kernel must agree on verdicts, packets and maps.

import { evaluateModule, ModuleWorld, type ModuleOutcome } from './evaluate-module.ts';
import type { CaseEngine, CaseMap } from '../../src/cases/engine.ts';
import { check } from '../../src/compiler/2-check/check.ts';
import { compile } from '../../src/compiler/compile.ts';
import { formatDiagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { link } from '../../src/datapath/link/link.ts';
import { modulePiece } from '../../src/datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../../src/datapath/link/verdicts.ts';
import { encodeContents } from '../../src/image/contents.ts';
import { ownKey, ownValue } from '../../src/image/hidden.ts';
import type { Image } from '../../src/image/image.ts';

export interface Sent { readonly port: number; readonly frame: Uint8Array }
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
  try {
    const compiled = compile({ read, entry: ENTRY, verifyIr: 'always' });
    if (!compiled.image) return { kind: 'refused', diagnostics: compiled.diagnostics.filter(d => d.severity === 'error').map(formatDiagnostic).join('\n') };
    image = compiled.image;
  } catch (error) { return { kind: 'compiler', message: String((error as Error).stack) }; }
  const expected = evaluated(source, sent);
  for (const [name, engine] of Object.entries(engines)) {
    let got: Trace[];
    try { got = onEngine(image, engine(), sent); } catch (error) { return { kind: 'kernel', message: `${name}: ${(error as Error).message}` }; }
    for (const [i, want] of expected.entries()) {
      const parts = (t: Trace): string[] => [t.verdict, t.frame, ...t.maps];
      const [a, b] = [parts(want), parts(got[i] as Trace)];
      const [more, less] = [a.filter(x => !b.includes(x)), b.filter(x => !a.includes(x))];
      if (more.length + less.length > 0) return { kind: 'differs', engine: name, message: `packet ${i}\nevaluator ${more.join('\n          ')}\n${name.padEnd(9)} ${less.join('\n          ')}` };
    }
  }
  return undefined;
}

const said = (o: ModuleOutcome): string => `${o.exit} ${o.value}`;

export function evaluated(source: string, sent: readonly Sent[]): Trace[] {
  const { module } = check({ read: path => path === ENTRY ? source : undefined, entry: ENTRY });
  if (!module) throw new Error('it does not check');
  const world = new ModuleWorld(module);
  return sent.map(({ port, frame }) => {
    const bytes = frame.slice();
    const outcome = evaluateModule(module, world, 'main', bytes, port);
    return { verdict: said(outcome), frame: hex(bytes), maps: [...world.maps].flatMap(([symbol, entries]) => entries.dump().map(e => `${symbol.name} ${e}`)).sort() };
  });
}

const ELEMENT = 1;

function onEngine(image: Image, engine: CaseEngine, sent: readonly Sent[]): Trace[] {
  try {
    const maps: CaseMap[] = image.maps.map(decl => engine.createMap(decl));
    const contents = encodeContents(image, ELEMENT, {});
    if (!contents.ok) throw new Error('contents');
    for (const { map, entries } of contents.maps) for (const [key, value] of entries) maps[map]?.live.update(key, value);
    const program = image.programs[0];
    if (!program) throw new Error('no program');
    const body = modulePiece(program, image.files, { map: i => (maps[i] as CaseMap).handle, constant: name => name === 'element' ? ELEMENT : engine.hz });
    const result = link({ body, joints: verdictJoints() });
    if (!result.ok) throw new Error(result.problem);
    const loaded = engine.load(program, result.linked);
    return sent.map(({ port, frame }) => {
      const run = loaded.run(frame.slice(), [port, 0, 0, 0, 0]);
      const verdict = readVerdict(run.result);
      const value = verdict?.exit === 'drop' || verdict?.exit === 'punt' ? image.sites[verdict.value]?.reason ?? '' : verdict?.value ?? 0;
      return { verdict: verdict ? said({ exit: verdict.exit, value }) : `nothing (${run.result})`, frame: hex(run.frame), maps: dump(image, maps) };
    });
  } finally { engine.close(); }
}

function dump(image: Image, maps: readonly CaseMap[]): string[] {
  return image.maps.flatMap((decl, i) => decl.kind === 'config' || decl.kind === 'shape' ? []
    : [...(maps[i] as CaseMap).live.entries()].map(([k, v]) => `${decl.name} ${hex(ownKey(decl, k).key)}=${hex(ownValue(decl, v).value)}`)).sort();
}
