// iov module replay: a capture's packets through a module, on the engine of this process or on the kernel.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { CaseCapture } from '../../../cases/capture.ts';
import { openCaseEngine, type CaseEngineName } from '../../../cases/engines.ts';
import { replay } from '../../../cases/replay.ts';
import type { Image } from '../../../image/image.ts';
import type { Capture } from '../../../pcapng/format.ts';
import { readPcapng } from '../../../pcapng/read.ts';
import { whyNoKernel } from '../../engine.ts';
import { EXIT, Failure } from '../../failure.ts';
import { table } from '../../output.ts';
import { contentsOf } from './contents.ts';
import { imageOf, worldly } from './source.ts';

interface Options { readonly engine: CaseEngineName; readonly port: readonly string[]; readonly contents?: string; readonly spec?: string; readonly pcap?: string }

const MOST_BYTES = 256 << 20;

export async function replayed(file: string, path: string, options: Options): Promise<void> {
  const why = options.engine === 'kernel' ? whyNoKernel() : undefined;
  if (why !== undefined) throw new Failure(why, { exitCode: EXIT.world, cure: 'run as root on Linux, or use --engine vm' });
  const image = imageOf(file);
  const packets = captureOf(path);
  const contents = await contentsOf(file, options);
  const wayOf = waysOf(image, options.port, packets);
  const capture = options.pcap === undefined ? undefined : new CaseCapture(image);
  const engine = openCaseEngine(options.engine);
  try {
    const { ends, leftOut } = replay({ engine, image, contents, packets, wayOf, ...(capture && { capture }) });
    console.log(table(['PACKETS', 'HOW THEY ENDED'], ends.map(({ words, packets: count }) => [String(count), words])));
    if (leftOut > 0) console.error(`${leftOut} packets are left out: of other interfaces, cut short, or not Ethernet`);
  } catch (error) {
    throw error instanceof Error ? new Failure(`${image.name}: ${error.message}`, { cause: error }) : error;
  } finally {
    engine.close();
  }
  const { pcap } = options;
  if (capture && pcap !== undefined) worldly(`${pcap} cannot be written`, () => writeFileSync(pcap, capture.file()));
}

function captureOf(path: string): Capture {
  const bytes = worldly(`${path} cannot be read`, () => statSync(path).size > MOST_BYTES ? undefined : readFileSync(path));
  if (bytes === undefined) throw new Failure(`${path} has more than ${MOST_BYTES >> 20} MiB`, { cure: 'cut it: editcap -c' });
  const read = readPcapng(bytes);
  if (!read.ok) throw new Failure(`${path}: ${read.error.message} (byte ${read.error.at})`);
  return read.value;
}

/** `inside=eth0` for an interface, `inside` for all others. */
function waysOf(image: Image, ports: readonly string[], { interfaces }: Capture): (name: string) => number | string | undefined {
  const usual = image.kind === 'filter' ? 'ingress' : image.kind === 'xdp' ? 'main' : undefined;
  const given = ports.map(text => ({ port: text.split('=')[0]!, of: text.includes('=') ? text.slice(text.indexOf('=') + 1) : undefined }));
  const ways = image.kind === 'module' ? image.ports : image.programs.map(p => p.name);
  for (const { port, of } of given) {
    if (!ways.includes(port) && !/^\d+$/.test(port)) throw new Failure(`${image.name} has no way in called '${port}'`, { exitCode: EXIT.usage, cure: ways.length > 0 ? `there are ${ways.join(', ')}` : 'its ports are numbers' });
    if (of !== undefined && !interfaces.some(i => i.name === of)) throw new Failure(`the capture has no interface '${of}'`, { exitCode: EXIT.usage, cure: `it has ${interfaces.map(i => i.name).join(', ')}` });
  }
  const rest = given.find(one => one.of === undefined)?.port ?? (given.length === 0 ? usual : undefined);
  if (rest === undefined && given.length === 0) throw new Failure('by which port do they come?', { exitCode: EXIT.usage, cure: `--port PORT, or --port PORT=INTERFACE for each${ways.length > 0 ? `; there are ${ways.join(', ')}` : ''}` });
  const wayOf = (text: string | undefined): number | string | undefined => text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
  return name => wayOf(given.find(one => one.of === name)?.port ?? rest);
}
