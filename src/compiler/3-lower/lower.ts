// A checked module becomes IR: a function for each entry point, the maps and the sites. Everything is inlined.
// What the checker allows but this cannot do yet is a diagnostic, never a crash.

import type { Logs, MapDecl, Reads, Site } from '../../image/image.ts';
import type { Module, Place, StageSymbol } from '../2-check/tree.ts';
import { diagnostic, type Diagnostic } from '../diagnostics/diagnostic.ts';
import { Builder } from '../ir/build.ts';
import { endOf, targets, type Block, type Func } from '../ir/ir.ts';
import { inline } from './calls.ts';
import { LogTable } from './log.ts';
import { MapTable } from './map-table.ts';
import { enterStage } from './stages.ts';
import { NotYet, State, TooMuch, type Limit } from './state.ts';

interface Lowering {
  /** In the order of `Module.entries`; named like them. */
  readonly functions: readonly Func[];
  /** In the order of `Module.stages`. */
  readonly stages: readonly Func[];
  readonly maps: readonly MapDecl[];
  readonly ports: readonly string[];
  readonly sites: readonly Site[];
  readonly logs?: Logs;
  /** Of each function and stage that reads far into packets. */
  readonly reads: ReadonlyMap<Func, Reads>;
}

/** What all programs of a module add to. */
interface Tables { readonly module: Module; readonly table: MapTable; readonly sites: Site[]; readonly logs: LogTable; readonly reads: Map<Func, Reads> }

type LowerResult = { readonly ok: true; readonly lowering: Lowering } | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function lower(module: Module): LowerResult {
  const { table, problems } = MapTable.of(module);
  if (problems.length > 0) return { ok: false, diagnostics: problems.map(({ what, at }) => notYet(module, what, at)) };
  const sites: Site[] = [];
  const logs = new LogTable(table.decls.length);
  const reads = new Map<Func, Reads>();
  const tables: Tables = { module, table, sites, logs, reads };
  const diagnostics: Diagnostic[] = [];
  const lowered = (make: () => Func): Func[] => {
    try {
      const fn = make();
      diagnostics.push(...tooLarge(module, fn));
      return [fn];
    } catch (error) {
      if (error instanceof TooMuch) diagnostics.push(tooMuch(module, error));
      else if (error instanceof NotYet) diagnostics.push(notYet(module, error.what, error.at, error.code));
      else throw error;
      return [];
    }
  };
  const functions = module.entries.flatMap(entry => lowered(() => lowerProgram(entry, tables, s => {
    for (const param of entry.function.params) s.values.set(param, { kind: 'packet' });
  })));
  const stages = module.stages.flatMap(stage => lowered(() => lowerProgram(stage, tables, s => enterStage(s, stage))));
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  const ports = [...module.ports].sort((a, b) => a.number - b.number).map(port => port.name);
  const logged = logs.done(table.decls.map(decl => decl.name));
  const maps = [...table.decls, ...logged?.maps ?? []];
  return { ok: true, lowering: { functions, stages, maps, ports, sites, reads, ...(logged && { logs: logged.logs }) } };
}

/** An entry or a stage. `bind`: its parameters. */
function lowerProgram(program: Module['entries'][number] | StageSymbol, { module, table, sites, logs, reads }: Tables, bind: (s: State) => void): Func {
  const builder = new Builder(program.name);
  const s = new State(module, builder, table, sites, logs);
  s.b.at(program.function.at);
  bind(s);
  for (const { path } of inline(s, program.function, [s.take()])) {
    s.resume(path);
    s.b.unreachable();                   // the checker saw a verdict on every way
  }
  prune(builder.fn);
  const far = module.kind === 'xdp' ? undefined : s.readNotes.of(builder.fn);
  if (far) reads.set(builder.fn, far);
  return builder.fn;
}

/** Takes out what was built behind exits. */
function prune(fn: Func): void {
  const reached = new Set<Block>([fn.entry]);
  for (const block of reached) for (const { block: target } of targets(endOf(block))) reached.add(target);
  fn.blocks = fn.blocks.filter(block => reached.has(block));
}

/** Objects that the stack cannot hold, whatever else is there. */
function tooLarge(module: Module, fn: Func): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const inst of fn.blocks.flatMap(block => block.insts)) {
    if (inst.op !== 'slot' || inst.bytes <= STACK_BYTES) continue;
    const { at } = inst;
    const file = module.files[at.file] ?? '';
    const where = `${file}:${at.line}`;
    found.set(where, diagnostic('IOV6002', { file, line: at.line, column: at.column, endColumn: at.column + 1 }, { bytes: inst.bytes, most: STACK_BYTES, places: `${inst.bytes} at ${where}` }));
  }
  return [...found.values()];
}
/** The kernel's MAX_BPF_STACK. */
const STACK_BYTES = 512;

function tooMuch(module: Module, { at, what, most }: TooMuch): Diagnostic {
  return diagnostic('IOV6003', { file: module.files[at.file] ?? '', line: at.line, column: at.column, endColumn: at.column + 1 }, { what, most });
}

function notYet(module: Module, what: string, at: Place, code: Limit = 'IOV6001'): Diagnostic {
  const file = module.files[at.file] ?? '';
  return diagnostic(code, { file, line: at.line, column: at.column, endColumn: at.column + 1 }, { what });
}
