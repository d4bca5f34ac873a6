// Every module of modules/ compiles without a warning, loads, and does what its packet cases say, on both engines.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runCases } from '../src/cases/run-cases.ts';
import { compile } from '../src/compiler/compile.ts';
import { encodeContents } from '../src/image/contents.ts';
import type { Image } from '../src/image/image.ts';
import type { Contents } from '../src/image/values.ts';
import type { Cases } from '../src/lang/packets.ts';
import { kernelTest } from './require.ts';

const root = new URL('../', import.meta.url);

/** A file of the repository; the library's are under src/lang/lib. */
function read(path: string): string | undefined {
  const file = new URL(path.replace(/^iovisor\//, 'src/lang/lib/'), root);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function imageOf(name: string): Image {
  const { image, diagnostics } = compile({ read, entry: `modules/${name}/${name}.ts` });
  assert.deepEqual(diagnostics, []);
  assert.ok(image);
  return image;
}

async function casesOf(name: string): Promise<Cases> {
  const module = await import(`../modules/${name}/${name}.packets.ts`) as { readonly default: Cases };
  return module.default;
}

async function runAll(name: string, engine: 'vm' | 'kernel'): Promise<void> {
  const results = runCases({ image: imageOf(name), cases: await casesOf(name), engine });
  assert.ok(results.length > 0);
  assert.deepEqual(results.filter(result => !result.ok), []);
}

for (const name of readdirSync(new URL('modules/', root))) {
  test(`${name}: packet cases in the vm`, () => runAll(name, 'vm'));
  kernelTest(`${name}: packet cases in the kernel`, () => runAll(name, 'kernel'));
  test(`${name}: the same sources give the same image`, () => { assert.deepEqual(imageOf(name), imageOf(name)); });
}

test('bridge: what control code writes fits the tables', async () => {
  const { default: control } = await import('../modules/bridge/bridge.control.ts');
  const contents = control({ stations: [{ mac: '02:00:00:00:00:01', addresses: ['10.0.0.1', 'fd00::1'], port: 3 }], unmanaged: true, ageingSeconds: 60 });
  const encoded = encodeContents(imageOf('bridge'), 1, contents as Contents);
  assert.ok(encoded.ok, JSON.stringify(encoded));
  assert.deepEqual(contents.features, { learning: true });
  assert.deepEqual(contents.settings, { ageingSeconds: 60 });
});
