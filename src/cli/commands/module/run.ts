// iov module run: a module on devices of this machine, until it is asked to end. Nothing is pinned: whatever happens to this process, the
// module goes with it.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Devices } from '../../../datapath/standalone/places.ts';
import { Standalone, type StandaloneCount } from '../../../datapath/standalone/standalone.ts';
import type { Image } from '../../../image/image.ts';
import type { Contents } from '../../../image/values.ts';
import { whyNoKernel } from '../../engine.ts';
import { intervalMs } from '../../duration.ts';
import { EXIT, Failure, report } from '../../failure.ts';
import { table } from '../../output.ts';
import { untilAsked } from '../../service.ts';
import { contentsOf } from './contents.ts';
import { beside, imageOf, sourceOf } from './source.ts';
import { watch } from './watch.ts';

interface Options {
  readonly device?: string; readonly port: readonly string[]; readonly netns?: string; readonly contents?: string; readonly spec?: string;
  readonly xdpMode?: 'generic' | 'driver'; readonly interval: string; readonly watch: boolean;
}

const SWEEP_MS = 10_000;
const LISTEN_MS = 1000;
/** Of each line that logs, in LISTEN_MS. */
const MOST_LOGGED = 5;

export async function run(file: string, options: Options, command: Command): Promise<void> {
  const { verbose = false } = command.optsWithGlobals<{ verbose?: boolean }>();
  const why = whyNoKernel();
  if (why !== undefined) throw new Failure(why, { exitCode: EXIT.world, cure: 'run as root on Linux; iov module test needs neither' });
  const devices = devicesOf(options);
  const everyMs = intervalMs(options.interval);

  const { netns, xdpMode } = options;
  const files = new Set([resolve(file), beside(file, 'control')]);
  const started = Promise.withResolvers<Standalone>();
  let shown = '';
  const show = (running: Standalone): void => {
    const text = countsText(running.counts());
    if (text !== shown && text !== '') console.log(text);
    shown = text;
  };
  // It looks before the first compilation: what is saved meanwhile is not missed.
  const watched = options.watch ? watch(() => files, async () => {
    const running = await started.promise;
    show(running);
    const next = await read(file, options, files);
    const { kept, made } = running.replace(next.image, next.contents);
    shown = '';
    listen(running);
    console.log(`${next.image.name} runs anew${kept.length > 0 ? `; kept: ${kept.join(', ')}` : ''}${made.length > 0 ? `; empty: ${made.join(', ')}` : ''}`);
  }, { verbose }) : undefined;

  try {
    const { image, contents } = await read(file, options, files);
    const running = new Standalone({ image, contents, devices, ...(netns !== undefined && { netns }), ...(xdpMode && { xdpMode }), onLog: ({ file, line, text }) => { console.log(`${file}:${line}  ${text}`); } });
    console.log(`${image.name} runs on ${places(devices, netns)}; Ctrl-C takes it away`);
    started.resolve(running);
    // What these throw is said and does not end the run: a device may come back.
    const said = (body: () => void) => (): void => { try { body(); } catch (error) { report(error, { verbose }); } };
    listen(running);
    const timers = [setInterval(said(() => listen(running)), LISTEN_MS), setInterval(said(() => show(running)), everyMs), setInterval(said(() => running.sweep()), SWEEP_MS)];
    await untilAsked(async () => {
      watched?.close();
      for (const timer of timers) clearInterval(timer);
      show(running);
      running.close();
      console.log(`${image.name} is detached`);
    });
  } finally {
    watched?.close();
  }
}

/** Gives each line that logs its credit, and says which had more to say. */
function listen(running: Standalone): void {
  for (const { file, line, unsaid } of running.listen(MOST_LOGGED)) console.log(`${file}:${line}  … ${unsaid} more: at most ${MOST_LOGGED} a second are shown`);
}

async function read(file: string, options: Options, files: Set<string>): Promise<{ readonly image: Image; readonly contents: Contents }> {
  const source = sourceOf(file);
  try {
    return { image: imageOf(file, source), contents: await contentsOf(file, options) };
  } finally {
    for (const path of source.asked) files.add(path);
  }
}

function devicesOf({ device, port }: Options): Devices {
  if ((device === undefined) === (port.length === 0)) throw new Failure('where shall it run?', { exitCode: EXIT.usage, cure: 'of a filter or XDP: --device eth0; of a module: --port inside=eth0 --port outside=eth1' });
  if (device !== undefined) return { kind: 'device', device };
  return { kind: 'ports', ports: port.map(text => {
    const [, name, of] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || of === undefined) throw new Failure(`'${text}' is not PORT=DEVICE`, { exitCode: EXIT.usage, cure: 'such as: --port inside=eth0' });
    return { port: name, device: of };
  }) };
}

function places(devices: Devices, netns: string | undefined): string {
  const names = devices.kind === 'device' ? devices.device : devices.ports.map(p => `${p.port}=${p.device}`).join(' ');
  return netns === undefined ? names : `${names} of ${netns}`;
}

function countsText(counts: readonly StandaloneCount[]): string {
  const rows = counts.filter(c => c.packets > 0n);
  if (rows.length === 0) return '';
  return table(['PACKETS', 'HOW THEY ENDED', 'AT'], rows.map(c => [String(c.packets), c.what, c.line === undefined ? '' : `${c.file}:${c.line}`]));
}
