// The page: the bridge is compiled here, run as WebAssembly on two simulated servers, and can be changed while it runs.

import { DatapathError } from '../../../src/datapath/datapath.ts';
import { compileBridge, ENTRY, type CompiledBridge } from './bridge.ts';
import { byId, download, html } from './dom.ts';
import { EDITS } from './edits.ts';
import { Editor, type Note } from './editor.ts';
import { FAMILIES, type Family, type Protocol, PROTOCOLS, Recorder } from './journey.ts';
import { ready } from './oxc-parser.ts';
import { Picture } from './picture.ts';
import { showJourney, showRefusals } from './report.ts';
import { type Workload, Zone } from './zone.ts';

async function start(): Promise<void> {
  await ready();
  const editor = new Editor(EDITS[0]!.source, { changed: check, submitted: recompile });
  const first = compileBridge(editor.source);
  showCompiled(first);
  if (!first.bridge) return;
  const recorder = new Recorder(() => zone);
  const zone = new Zone(first.bridge, hop => recorder.watch(hop));
  const workloads = zone.workloads();
  const [from, to] = [select('from', workloads.map(w => w.name)), select('to', workloads.map(w => w.name))];
  from.value = 'red-1';
  to.value = 'red-3';
  const family = select('family', FAMILIES);
  const named = (name: string): Workload => workloads.find(w => w.name === name)!;

  let next = from;
  const picture = new Picture(byId('picture', SVGSVGElement), workloads, picked => {
    next.value = picked.name;
    next = next === from ? to : from;
    mark();
  });
  for (const end of [from, to]) end.addEventListener('change', mark);
  mark();

  for (const protocol of PROTOCOLS) {
    const button = html('button', { type: 'button', 'data-protocol': protocol }, protocol === 'ping' ? 'Ping' : protocol);
    button.addEventListener('click', () => send(protocol));
    byId('protocols', HTMLElement).append(button);
  }
  byId('capture', HTMLButtonElement).addEventListener('click', () => download('two-tenants.pcapng', recorder.capture.file()));
  byId('recompile', HTMLButtonElement).addEventListener('click', recompile);
  const edits = select('edit', EDITS.map(e => e.name));
  edits.addEventListener('change', () => {
    editor.source = EDITS.find(e => e.name === edits.value)!.source;
    recompile();
  });
  showRefusals(zone.refusals());
  document.body.dataset['state'] = 'ready';

  function mark(): void {
    picture.mark(named(from.value), named(to.value));
  }

  function send(protocol: Protocol): void {
    if (from.value === to.value) {
      say('choose two workloads');
      return;
    }
    try {
      const journey = recorder.send({ from: named(from.value), to: named(to.value), protocol, family: family.value as Family });
      showJourney(journey);
      showRefusals(zone.refusals());
      editor.showDrop(journey.steps.flatMap(s => s.refusal?.file === ENTRY ? [s.refusal.line] : [])[0]);
      void picture.play(journey);
    } catch (failed) {
      say(failed instanceof Error ? failed.message : String(failed));
    }
  }

  /** What runs stays as it is. */
  function check(): void {
    const { diagnostics } = compileBridge(editor.source);
    editor.show(diagnostics.map(noteOf));
  }

  function recompile(): void {
    editor.showDrop(undefined);
    const compiled = compileBridge(editor.source);
    showCompiled(compiled);
    if (!compiled.bridge) return;
    const before = performance.now();
    try {
      zone.replaceBridge(compiled.bridge);
      byId('loaded', HTMLElement).textContent = `running on both servers ${(performance.now() - before).toFixed(1)} ms later`;
    } catch (refused) {
      const why = refused instanceof DatapathError ? `${refused.message}; ${refused.cure}` : String(refused);
      byId('loaded', HTMLElement).textContent = `not taken over, the bridge before it goes on: ${why}`;
    }
    showRefusals(zone.refusals());
  }

  function showCompiled({ bridge, diagnostics, tookMs }: CompiledBridge): void {
    editor.show(diagnostics.map(noteOf));
    const status = byId('compiled', HTMLElement);
    const slots = bridge?.image.programs.reduce((sum, p) => sum + p.code.length / 8, 0);
    status.className = bridge ? 'answered' : 'dropped';
    status.dataset['ms'] = tookMs.toFixed(2);
    status.textContent = bridge ? `compiled in ${tookMs.toFixed(1)} ms: ${slots} eBPF instructions` : `not compiled: the bridge before it goes on`;
    byId('loaded', HTMLElement).textContent = '';
  }
}

function noteOf({ file, line, column, code, message, cause, cure }: CompiledBridge['diagnostics'][number]): Note {
  return { line, column, place: `${file}:${line}:${column} ${code}`, message, details: [`why: ${cause}`, `cure: ${cure}`] };
}

function select(id: string, options: readonly string[]): HTMLSelectElement {
  const element = byId(id, HTMLSelectElement);
  element.replaceChildren(...options.map(option => html('option', {}, option)));
  return element;
}

function say(text: string): void {
  const outcome = byId('outcome', HTMLElement);
  outcome.className = 'dropped';
  outcome.textContent = text;
}

start().catch((failed: unknown) => {
  document.body.dataset['state'] = 'failed';
  say(`the page could not start: ${failed instanceof Error ? failed.message : String(failed)}`);
});
