// Objects loaded by bpftool, that is by libbpf: another reader of the same bytes. Tests with it are skipped where it is not installed,
// and fail there if IOV_REQUIRE=kernel.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isRequired, kernelTest } from './require.ts';

const PINS = '/sys/fs/bpf';

/** As kernelTest, where bpftool is there too. */
export function bpftoolTest(name: string, body: (t: TestContext) => Promise<void>): void {
  kernelTest(name, async t => {
    const why = whyNoBpftool();
    if (why === undefined) return await body(t);
    assert.ok(!isRequired('kernel'), why);
    t.skip(why);
  });
}

/** Its programs are pinned by name in `programs`, its maps in `maps`, while `body` runs. */
export async function loadedByBpftool(object: Uint8Array, body: (folder: { readonly programs: string; readonly maps: string }) => void): Promise<void> {
  const { ensureBpffs, makePinDirectory, removePins } = await import('../src/kernel/pins.ts');
  const folder = mkdtempSync(join(tmpdir(), 'iov-t-'));
  const pinned = `${PINS}/iov-t-elf-${process.pid}`;
  try {
    ensureBpffs();
    makePinDirectory(pinned);
    writeFileSync(join(folder, 'object.o'), object);
    execFileSync('bpftool', ['prog', 'loadall', join(folder, 'object.o'), `${pinned}/programs`, 'pinmaps', `${pinned}/maps`], { stdio: ['ignore', 'pipe', 'pipe'] });
    body({ programs: `${pinned}/programs`, maps: `${pinned}/maps` });
  } finally {
    rmSync(folder, { recursive: true });
    if (existsSync(pinned)) removePins(pinned);
  }
}

function whyNoBpftool(): string | undefined {
  try {
    execFileSync('bpftool', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'bpftool is not installed (Debian: apt-get install bpftool)';
  }
}
