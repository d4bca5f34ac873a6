// What is loaded: every module of modules/ and examples/modules/ and every filetest that must load, compiled and linked on this machine.

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { copiesDecl, mirrorTo } from '../../src/cases/copies.ts';
import { compile } from '../../src/compiler/compile.ts';
import { readSource } from '../../src/compiler/fixtures/image-of.ts';
import { formatDiagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { link } from '../../src/datapath/link/link.ts';
import { modulePiece } from '../../src/datapath/link/piece.ts';
import { verdictJoints } from '../../src/datapath/link/verdicts.ts';
import { encodeContents } from '../../src/image/contents.ts';
import type { Image } from '../../src/image/image.ts';
import type { Contents } from '../../src/image/values.ts';
import { mapSpecOf } from '../../src/kernel/map-types.ts';
import * as packets from '../../src/lang/packets.ts';
import { DEFAULT_HZ } from '../../src/vm/vm.ts';
import { tapeOf } from '../../test/compiler/fuzz.ts';
import { randomModule } from '../../test/compiler/random-module.ts';
import { datapathJobs } from './datapath-jobs.ts';
import { base64, type Job, type JobMap } from './job.ts';

interface Programs {
  readonly jobs: readonly Job[];
  /** What could not even be made, each with its reason. */
  readonly failures: readonly { readonly subject: string; readonly reason: string }[];
}

const ROOT = resolve(import.meta.dirname, '../..');
const ELEMENT = 1;

/** `only`: a part of the path of what is wanted. */
export async function programs(only = ''): Promise<Programs> {
  const jobs: Job[] = [];
  const failures: { subject: string; reason: string }[] = [];
  for (const subject of [...modules('modules'), ...modules('examples/modules'), ...filetests()].filter(path => path.includes(only))) {
    try {
      const image = imageOf(subject);
      const given = await givenOf(subject);
      jobs.push(...alone(subject, image, given));
      if (image.kind === 'module' && !subject.startsWith('test/')) jobs.push(...datapathJobs(subject, image, given));
    } catch (error) {
      failures.push({ subject, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { jobs, failures };
}

/** Modules that the fuzzer's seeds from `seed` on give, as many as compile: what our checker accepts, every kernel shall. */
export function randomPrograms(count: number, seed: number): Programs {
  const jobs: Job[] = [];
  const failures: { subject: string; reason: string }[] = [];
  for (let one = seed; one < seed + count; one++) {
    const subject = `${RANDOM}${one}.ts`;
    try {
      const source = randomModule(tapeOf(one));
      const { image } = compile({ read: path => path === subject ? source : readSource(path), entry: subject });
      if (image) jobs.push(...alone(subject, image, {}).filter(job => job.joined === 'alone'));
    } catch (error) {
      failures.push({ subject, reason: firstLine(error) });
    }
  }
  return { jobs, failures };
}

const firstLine = (error: unknown): string => String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';

/** Where they would be, if they were files. */
export const RANDOM = 'random/seed-';

/** `FOLDER/x/x.ts` and `FOLDER/x.ts`. */
function modules(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder)).sort().flatMap(name => {
    const path = /^[^.]+\.ts$/.test(name) ? `${folder}/${name}` : `${folder}/${name}/${name}.ts`;
    return existsSync(join(ROOT, path)) ? [path] : [];
  });
}

function filetests(): string[] {
  return ['verify', 'run', 'asm'].flatMap(kind =>
    readdirSync(join(ROOT, 'test/filetests', kind)).filter(name => name.endsWith('.ts')).sort().map(name => `test/filetests/${kind}/${name}`));
}

function imageOf(entry: string): Image {
  const { image, diagnostics } = compile({ read: readSource, entry });
  if (!image) throw new Error(`it does not compile: ${diagnostics.map(formatDiagnostic).slice(0, 3).join('\n')}`);
  return image;
}

/** What the packet cases of the module, or the comments of the filetest, give it. */
async function givenOf(subject: string): Promise<Contents> {
  const cases = join(ROOT, subject.replace(/\.ts$/, '.packets.ts'));
  if (existsSync(cases)) return (await import(pathToFileURL(cases).href) as { readonly default: packets.Cases }).default.given as Contents;
  const lines = [...(readSource(subject) ?? '').matchAll(/^\/\/ given: (.*)$/gm)].map(match => match[1] ?? '');
  return Object.assign({}, ...lines.map(evaluate)) as Contents;
}

/** An expression of packet cases. Filetests are our own files. */
function evaluate(source: string): unknown {
  return (new Function(...Object.keys(packets), `return (${source});`) as (...values: unknown[]) => unknown)(...Object.values(packets));
}

function alone(subject: string, image: Image, given: Contents): Job[] {
  const encoded = encodeContents(image, ELEMENT, given);
  if (!encoded.ok) throw new Error(encoded.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  const maps = image.maps.map((decl, index): JobMap => ({
    handle: index + 1, spec: mapSpecOf(decl), frozen: decl.kind === 'shape',
    entries: decl.kind !== 'shape' ? [] : (encoded.maps.find(m => m.map === index)?.entries ?? []).map(([key, value]) => [base64(key), base64(value)] as const),
  }));
  const copies = copiesDecl(image);
  const copiesAt = image.maps.length + 1;
  if (copies) maps.push({ handle: copiesAt, spec: mapSpecOf(copies), frozen: false, entries: [] });
  const joints = new Map([...verdictJoints(), ...(copies ? [['mirror', mirrorTo(copiesAt)] as const] : [])]);
  return [...image.programs, ...image.stages ?? []].flatMap(program => {
    const body = modulePiece(program, image.files, { map: index => index + 1, constant: name => name === 'element' ? ELEMENT : DEFAULT_HZ });
    const result = link({ body, joints });
    if (!result.ok) throw new Error(result.problem);
    const { linked } = result;
    const used = new Set(program.relocations.flatMap(r => 'map' in r ? [r.map + 1] : r.kind === 'call' ? [copiesAt] : []));
    const job: Job = {
      subject, program: program.name, joined: 'alone', target: image.target, hook: program.hook, code: base64(linked.code),
      maps: maps.filter(map => used.has(map.handle)), files: linked.files, lines: linked.lines,
    };
    if (!job.maps.some(map => map.frozen)) return [job];
    return [job, { ...job, joined: 'any shape', maps: job.maps.map(map => ({ ...map, entries: [], frozen: false })) }];
  });
}
