// iov module: for authors. check says what is wrong, build writes the image, test runs the packet cases.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, Option } from 'commander';
import { runCases } from '../../cases/run-cases.ts';
import { compile } from '../../compiler/compile.ts';
import { formatDiagnostic } from '../../compiler/diagnostics/diagnostic.ts';
import { objectOf } from '../../datapath/link/object.ts';
import { encodeImage } from '../../image/codec.ts';
import type { Image } from '../../image/image.ts';
import type { Cases } from '../../lang/packets.ts';
import { action } from '../connect.ts';
import { whyNoKernel } from '../engine.ts';
import { EXIT, Failure } from '../failure.ts';
import { green, json, red } from '../output.ts';
import { packageRoot } from '../package-root.ts';

/** CONFIG_HZ of most distributions' kernels; an object has no loader of ours that would know better. */
const OBJECT_HZ = 250;

export function moduleCommand(): Command {
  const command = new Command('module');
  command.addCommand(action(new Command('check').description('Compile and say what is wrong.')
    .argument('<file...>').addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text')), check));
  command.addCommand(action(new Command('build').description('Compile to an image, or to an ELF object for other loaders (-o NAME.o).')
    .argument('<file>').option('-o, --output <path>', 'where to write it (NAME.image.json beside the source)'), build));
  command.addCommand(action(new Command('test').description('Run the packet cases of a module (NAME.packets.ts beside it).')
    .argument('<file>').addOption(new Option('--engine <engine>').choices(['vm', 'kernel']).default('vm')), test));
  return command;
}

async function check(files: readonly string[], options: { readonly output: string }): Promise<void> {
  const results = files.map(file => ({ file, diagnostics: compileFile(file).diagnostics }));
  const all = results.flatMap(r => r.diagnostics);
  if (options.output === 'json') console.log(json(all, 2));
  else for (const d of all) console.error(formatDiagnostic(d));
  const errors = all.filter(d => d.severity === 'error').length;
  if (errors > 0) throw new Failure(`${errors} ${errors === 1 ? 'mistake' : 'mistakes'}`);
  if (options.output === 'text') for (const r of results) console.log(`${r.file}: well`);
}

async function build(file: string, options: { readonly output?: string }): Promise<void> {
  const image = imageOf(file);
  const path = options.output ?? file.replace(/\.ts$/, '.image.json');
  const contents = path.endsWith('.o') ? elfOf(image) : encodeImage(image);
  worldly(`${path} cannot be written`, () => writeFileSync(path, contents));
  console.log(`${path}: ${image.programs.map(p => `${p.name} ${p.code.length / 8} slots, ${p.stackBytes} bytes of stack`).join('; ')}; ${image.maps.length} maps, ${image.sites.length} sites`);
}

/** For one element; its exits return verdicts as numbers. */
function elfOf(image: Image): Uint8Array {
  const object = objectOf(image, { element: 1, hz: OBJECT_HZ });
  if (!object.ok) throw new Failure(`${image.name} does not fit in an object: ${object.problem.place}: ${object.problem.message}`);
  return object.value;
}

async function test(file: string, options: { readonly engine: 'vm' | 'kernel' }): Promise<void> {
  const why = options.engine === 'kernel' ? whyNoKernel() : undefined;
  if (why !== undefined) throw new Failure(why, { exitCode: EXIT.world, cure: 'run as root on Linux, or use --engine vm' });
  const image = imageOf(file);
  const path = resolve(file.replace(/\.ts$/, '.packets.ts'));
  if (!existsSync(path)) throw new Failure(`there is no ${relative(process.cwd(), path)}`, { cure: 'packet cases of NAME.ts stand in NAME.packets.ts; see modules/bridge' });
  const { default: cases } = await import(pathToFileURL(path).href).catch((error: Error) => {
    throw new Failure(`${relative(process.cwd(), path)} cannot be loaded: ${error.message}`, { cure: 'mend it; --verbose shows where', cause: error });
  }) as { readonly default?: Cases };
  if (!cases) throw new Failure(`${relative(process.cwd(), path)} has no default export`, { cure: 'export the cases as default; see modules/bridge/bridge.packets.ts' });
  const results = runCases({ image, cases, engine: options.engine });
  for (const r of results) {
    console.log(`${r.ok ? green('ok  ') : red('FAIL')} ${r.name}`);
    if (r.difference !== undefined) console.log(r.difference.replace(/^/gm, '     '));
  }
  const failed = results.filter(r => !r.ok).length;
  if (failed > 0) throw new Failure(`${failed} of ${results.length} packet cases failed on the ${options.engine} engine`);
  console.log(`${results.length} packet cases passed on the ${options.engine} engine`);
}

function imageOf(file: string): Image {
  const { image, diagnostics } = compileFile(file);
  for (const d of diagnostics) console.error(formatDiagnostic(d));
  if (!image) throw new Failure(`${file} does not compile`);
  return image;
}

/** The library's files come from this package; all others from beside the module, named as the author named them. */
function compileFile(file: string): ReturnType<typeof compile> {
  if (!existsSync(file)) throw new Failure(`there is no file ${file}`);
  worldly(`${file} cannot be read`, () => readFileSync(file));
  const base = dirname(resolve(file));
  const entry = relative(process.cwd(), resolve(file));
  const read = (path: string): string | undefined => {
    const found = path.startsWith('iovisor/') ? join(packageRoot, 'src/lang/lib', path.slice('iovisor/'.length)) : resolve(path);
    return existsSync(found) && (path.startsWith('iovisor/') || found.startsWith(base)) ? readFileSync(found, 'utf8') : undefined;
  };
  return compile({ read, entry });
}

/** What a file system refuses. */
function worldly(what: string, body: () => unknown): void {
  try {
    body();
  } catch (error) {
    throw new Failure(`${what} (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}
