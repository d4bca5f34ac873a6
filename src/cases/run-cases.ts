// Packet cases of a module, run on an engine: each case starts a fresh element with what is given, and goes through its steps.
// A mistake in the cases (contents or frames that cannot be) is that case's failure, said in its text; so is a refusal by the engine.

import { link } from '../datapath/link/link.ts';
import { modulePiece } from '../datapath/link/piece.ts';
import { readVerdict, verdictJoints } from '../datapath/link/verdicts.ts';
import { encodeContents } from '../image/contents.ts';
import { putInner } from '../image/inner-maps.ts';
import type { Image, MapDecl } from '../image/image.ts';
import { creditBytes, readLogged, type Logged } from '../image/logs.ts';
import type { Contents } from '../image/values.ts';
import { build } from '../lang/packets/build.ts';
import type { Cases, Sent, Waited } from '../lang/packets.ts';
import { added } from './contents.ts';
import { copiesDecl, mirrorTo, takeCopies } from './copies.ts';
import type { CaseEngine, CaseMap, LoadedCase } from './engine.ts';
import { kernelEngine } from './kernel-engine.ts';
import { difference } from './outcome.ts';
import { vmEngine } from './vm-engine.ts';

export interface CaseResult {
  /** The case's sentence. */
  readonly name: string;
  readonly ok: boolean;
  /** What was expected and what happened, of the first step that failed. */
  readonly difference?: string;
  /** What the module logged, of a module that logs. */
  readonly logged?: readonly Logged[];
}

export interface RunCases {
  readonly image: Image;
  readonly cases: Cases;
  /** `vm`: by WebAssembly where it may be made. */
  readonly engine: CaseEngineName;
}

export type CaseEngineName = 'vm' | 'interpreter' | 'kernel';
const ENGINES: Readonly<Record<CaseEngineName, () => CaseEngine>> = { vm: () => vmEngine(), interpreter: () => vmEngine('interpreter'), kernel: kernelEngine };

/** The element under test; 0 is no element's. */
const ELEMENT = 1;
/** Of each line, by one packet. */
const MOST_LOGGED = 100;

export function runCases({ image, cases, engine }: RunCases): CaseResult[] {
  return Object.entries(cases.cases).map(([name, steps]): CaseResult => {
    let running: CaseEngine | undefined;
    const logged: Logged[] = [];
    const told = image.logs ? { logged } : {};
    try {
      running = ENGINES[engine]();
      const differs = runCase(running, image, cases.given as Contents, steps, logged);
      return { name, ok: differs === undefined, ...(differs !== undefined && { difference: differs }), ...told };
    } catch (error) {
      return { name, ok: false, difference: errorText(error), ...told };
    } finally {
      running?.close();
    }
  });
}

type Step = Cases['cases'][string][number];
const isSent = (step: Step): step is Sent => 'step' in step && step['step'] === 'send';
const isWaited = (step: Step): step is Waited => 'step' in step && step['step'] === 'wait';

function runCase(engine: CaseEngine, image: Image, given: Contents, steps: readonly Step[], logged: Logged[]): string | undefined {
  // What a case adds before its first packet is there when the program is loaded: shapes are frozen then.
  const first = steps.findIndex(step => isSent(step) || isWaited(step));
  let contents = steps.slice(0, first < 0 ? steps.length : first).reduce<Contents>((all, step) => added(image, all, step as Contents), given);
  const maps = image.maps.map(decl => engine.createMap(decl));
  write(engine, image, maps, contents, 'all');
  for (const [i, decl] of image.maps.entries()) if (decl.kind === 'shape') engine.freeze(maps[i] as CaseMap);
  const kept = copiesDecl(image);
  const copies = kept && engine.createMap(kept);
  const programs = load(engine, image, maps, copies);
  const expiring = maps.filter((_, i) => image.maps[i]?.kind === 'expiring');

  for (const [i, step] of steps.entries()) {
    if (isWaited(step)) engine.wait(step.seconds, expiring);
    else if (isSent(step)) {
      const frame = build(step.frame);
      if (image.logs) maps[image.logs.credit]?.live.update(new Uint8Array(4), creditBytes(image.logs, MOST_LOGGED));
      const { result, frame: after } = entry(image, programs, step)(frame);
      if (image.logs) for (const record of engine.drain(maps[image.logs.ring] as CaseMap)) logged.push(...[readLogged(image, record)].filter(l => l !== undefined));
      const happened = { verdict: readVerdict(result), frame: after, copies: copies ? takeCopies(copies.live) : [] };
      const differs = difference(image, step, happened, frame);
      if (differs !== undefined) return `step ${i + 1}: ${differs}`;
    } else if (i > first && first >= 0) {
      contents = added(image, contents, step as Contents);
      write(engine, image, maps, contents, 'changing');
    }
  }
  return undefined;
}

function write(engine: CaseEngine, image: Image, maps: readonly CaseMap[], contents: Contents, which: 'all' | 'changing'): void {
  const encoded = encodeContents(image, ELEMENT, contents);
  if (!encoded.ok) throw new Error(encoded.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  for (const { map, entries, inner } of encoded.maps) {
    const { kind, inner: like } = image.maps[map] as MapDecl;
    if (which === 'changing' && kind === 'shape') continue;
    const { live } = maps[map] as CaseMap;
    for (const [key, value] of entries) live.update(key, value);
    if (like) for (const [key, list] of inner) putInner(live, key, list, () => engine.createMap(like).live);
  }
}

function load(engine: CaseEngine, image: Image, maps: readonly CaseMap[], copies: CaseMap | undefined): ReadonlyMap<string, LoadedCase> {
  const joints = new Map([...verdictJoints(), ...(copies ? [['mirror', mirrorTo(copies.handle)] as const] : [])]);
  return new Map(image.programs.map(program => {
    const body = modulePiece(program, image.files, { map: index => (maps[index] as CaseMap).handle, constant: name => name === 'element' ? ELEMENT : engine.hz });
    const linked = link({ body, joints });
    if (!linked.ok) throw new Error(linked.problem);
    return [program.name, engine.load(program, linked.linked)];
  }));
}

/** A port by number or name, or the way through a filter. */
function entry(image: Image, programs: ReadonlyMap<string, LoadedCase>, { by, meta }: Sent): (frame: Uint8Array) => ReturnType<LoadedCase['run']> {
  const named = typeof by === 'string' ? image.ports.indexOf(by) : by;
  const program = programs.get(image.kind === 'filter' ? String(by) : 'main');
  if (program === undefined || (image.kind === 'module' && named < 0)) throw new Error(`${image.name} has no way in called '${by}'`);
  const { domain = 0, sourceEndpoint = 0, sourceGroup = 0, tunnelKey = 0 } = meta;
  return frame => program.run(frame, [image.kind === 'module' ? named : 0, domain, sourceEndpoint, sourceGroup, tunnelKey]);
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { detail } = error as { detail?: unknown };
  return typeof detail === 'string' && detail !== '' ? `${error.message}\n${detail.slice(-3000)}` : error.message;
}
