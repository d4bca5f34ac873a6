// Modules as ELF objects: our own reader reads them back, libbpf (by bpftool) loads them, and they answer as the module does.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compile } from '../src/compiler/compile.ts';
import { readSource } from '../src/compiler/fixtures/image-of.ts';
import { objectOf } from '../src/datapath/link/object.ts';
import { WITH_FUNCTIONS } from '../src/image/elf/fixtures/with-functions.ts';
import { readObject } from '../src/image/elf/read-object.ts';
import { elfOf } from '../src/image/elf/write-object.ts';
import type { Image, Program } from '../src/image/image.ts';
import { loadObject } from '../src/vm/load-object.ts';
import { createVm, type RunResult } from '../src/vm/vm.ts';
import { bpftoolTest, loadedByBpftool } from './bpftool.ts';
import { FRAMES, isTaken } from './fixtures/elf/frames.ts';
import { entryOf, moduleFolders } from './module-folders.ts';

const root = new URL('../', import.meta.url);
const CONSTANTS = { element: 1, hz: 250 };
const SKB_BYTES = 192;

const MODULES = [
  ...moduleFolders('modules').map(entryOf),
  ...['filter', 'functions', 'log', 'maps', 'maps-of-maps', 'stages', 'structs'].map(name => `test/filetests/run/${name}.ts`),
].filter(path => existsSync(new URL(path, root)));

const images = new Map<string, Image | undefined>();

/** Compiled once: some take a second. */
function imageOf(entry: string): Image | undefined {
  if (!images.has(entry)) images.set(entry, compile({ read: readSource, entry }).image);
  return images.get(entry);
}

function written(image: Image): Uint8Array<ArrayBuffer> {
  const object = objectOf(image, CONSTANTS);
  assert.ok(object.ok, object.ok ? '' : `${object.problem.place}: ${object.problem.message}`);
  return object.value;
}

/** Joints that are called stand behind the program's own functions. */
function calledJoints({ relocations }: Program): number {
  return new Set(relocations.flatMap(r => r.kind === 'call' ? [r.call] : [])).size;
}

for (const path of MODULES) {
  test(`${path} as an object is read back as it was written`, t => {
    const image = imageOf(path);
    if (!image) { t.skip('does not compile'); return; }
    const object = written(image);
    const again = readObject(object);
    assert.ok(again.ok, again.ok ? '' : `${again.problem.place}: ${again.problem.message}`);
    const { maps, programs, btf } = again.value;
    assert.deepEqual(maps.map(m => m.name.replace(/^\.(ro)?data\./, '')).sort(), image.maps.map(m => m.name).sort());
    assert.deepEqual(programs.map(p => [p.hook, p.functions.length]), [...image.programs, ...image.stages ?? []].map(p => [p.hook, p.functions.length + calledJoints(p)]));
    assert.ok(programs.every(p => p.funcInfo.length > 0 && p.lineInfo.length > 0));
    assert.ok(btf);
    const loaded = loadObject(createVm(), again.value);
    assert.ok(loaded.ok, loaded.ok ? '' : `${loaded.refusal.place}: ${loaded.refusal.reason}`);
    assert.deepEqual(written(image), object);
  });

  bpftoolTest(`bpftool loads ${path} as an object, and it answers as on the vm`, async t => {
    const image = imageOf(path);
    if (!image) { t.skip('does not compile'); return; }
    await loadsAndAgrees(written(image));
  });
}

test('iov module build -o NAME.o writes an object', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iov-t-'));
  try {
    const path = join(folder, 'filter.o');
    const said = execFileSync(process.execPath, ['src/cli/main.ts', 'module', 'build', 'test/filetests/run/filter.ts', '-o', path], { cwd: root, encoding: 'utf8' });
    assert.match(said, /filter\.o: /);
    assert.ok(readObject(readFileSync(path)).ok);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a module that mirrors is no object, at its line', () => {
  for (const path of ['mirror', 'stages-mirror'].map(name => `test/filetests/run/${name}.ts`)) {
    const image = imageOf(path);
    assert.ok(image);
    const object = objectOf(image, CONSTANTS);
    assert.ok(!object.ok);
    assert.match(object.problem.place, new RegExp(`^${path}:\\d+:\\d+$`));
    assert.match(object.problem.message, /^mirror needs ports/);
  }
});

bpftoolTest('bpftool loads static functions', async () => {
  const object = elfOf({ programs: WITH_FUNCTIONS, maps: [] });
  assert.ok(object.ok);
  await loadsAndAgrees(object.value);
});

async function loadsAndAgrees(object: Uint8Array): Promise<void> {
  const spec = readObject(object);
  assert.ok(spec.ok);
  const onVm = loadObject(createVm({ hz: CONSTANTS.hz }), spec.value);
  assert.ok(onVm.ok);
  const { pinnedMap, pinnedProgram } = await import('../src/kernel/pins.ts');
  const { testRun } = await import('../src/kernel/test-run.ts');
  await loadedByBpftool(object, folder => {
    for (const { name, initial } of spec.value.maps) {
      if (!initial) continue;
      using map = pinnedMap(`${folder.maps}/${name.replaceAll('.', '_')}`);
      assert.deepEqual(map?.lookup(new Uint8Array(4)), initial, name);
    }
    for (const { name, hook } of spec.value.programs) {
      using program = pinnedProgram(`${folder.programs}/${name}`);
      assert.ok(program);
      // A stage takes what the program before it left on this CPU: alone it would be asked on any. The others lead into it.
      if (/_stage\d+$/.test(name)) continue;
      for (const [frameName, frame] of Object.entries(FRAMES)) {
        if (!isTaken(hook, frame)) continue;
        const kernel = testRun(program, { packet: frame, ...(hook === 'tc' && { context: new Uint8Array(SKB_BYTES) }) });
        const ran: RunResult<{ readonly returnCode: number; readonly frame: Uint8Array }> = onVm.value.programs.get(name)!.run({ frame, ifindex: 1, packetType: 3 });
        assert.ok(ran.ok, ran.ok ? '' : ran.fault.reason);
        assert.deepEqual([ran.value.returnCode, Buffer.from(ran.value.frame).toString('hex')], [kernel.verdict, Buffer.from(kernel.packet).toString('hex')], `${name}: ${frameName}`);
      }
    }
  });
}
