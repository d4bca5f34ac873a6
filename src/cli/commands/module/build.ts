// iov module build: an image for visors, an ELF object for other loaders, or a form to read.

import { writeFileSync } from 'node:fs';
import { formatDiagnostic } from '../../../compiler/diagnostics/diagnostic.ts';
import { irText } from '../../../compiler/ir-text.ts';
import { objectOf } from '../../../datapath/link/object.ts';
import { encodeImage } from '../../../image/codec.ts';
import type { Image } from '../../../image/image.ts';
import { listing } from '../../../image/listing.ts';
import { Failure } from '../../failure.ts';
import { compiledOf, imageOf, sourceOf, worldly, type Target } from './source.ts';

/** CONFIG_HZ of most distributions' kernels; an object has no loader of ours that would know better. */
const OBJECT_HZ = 250;

interface Options extends Target { readonly output?: string; readonly emit?: 'asm' | 'ir' | 'json' }

export async function build(file: string, options: Options): Promise<void> {
  if (options.emit !== undefined) {
    const text = emitted(file, options.emit, options);
    if (options.output === undefined) process.stdout.write(text);
    else write(options.output, text);
    return;
  }
  const { image, steps = [] } = compiledOf(file, sourceOf(file, options));
  const path = options.output ?? file.replace(/\.ts$/, '.image.json');
  write(path, path.endsWith('.o') ? elfOf(image) : encodeImage(image));
  const sizes = [...image.programs, ...image.stages ?? []].map(p => `${p.name} ${p.code.length / 8} slots, ${p.stackBytes} bytes of stack, about ${steps.find(s => s.program === p.name)?.steps} verifier steps`);
  console.log(`${path}: ${sizes.join('; ')}; ${image.maps.length} maps, ${image.sites.length} sites`);
}

function emitted(file: string, form: 'asm' | 'ir' | 'json', target: Target): string {
  const source = sourceOf(file, target);
  if (form !== 'ir') return form === 'asm' ? listing(imageOf(file, source)) : `${encodeImage(imageOf(file, source))}\n`;
  const { text, diagnostics } = irText(source);
  for (const d of diagnostics) console.error(formatDiagnostic(d));
  if (text === undefined) throw new Failure(`${file} does not compile`);
  return text;
}

/** For one element; its exits return verdicts as numbers. */
function elfOf(image: Image): Uint8Array {
  const object = objectOf(image, { element: 1, hz: OBJECT_HZ });
  if (!object.ok) throw new Failure(`${image.name} does not fit in an object: ${object.problem.place}: ${object.problem.message}`);
  return object.value;
}

function write(path: string, contents: string | Uint8Array): void {
  worldly(`${path} cannot be written`, () => writeFileSync(path, contents));
}
