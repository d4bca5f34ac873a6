// A zone for tests: a Director and visors as processes run them, in one process: real sockets, disks and compiler, the vm engine below.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import pino from 'pino';
import { DirectorClient } from '../src/client/director.ts';
import { VisorClient } from '../src/client/visor.ts';
import { Lab } from '../src/datapath/vm/lab.ts';
import type { RecentLines } from '../src/model/log-lines.ts';
import { openVmDatapath } from '../src/datapath/vm/open.ts';
import { loadModules } from '../src/director/shell/modules.ts';
import { runDirector, type RunningDirector } from '../src/director/shell/run.ts';
import { runVisor, type RunningVisor } from '../src/visor/shell/run.ts';

const logger = pino({ level: process.env['IOV_TEST_LOG'] ?? 'silent' });
const modules = loadModules();

export class Zone {
  readonly dir = mkdtempSync(join(tmpdir(), 'iov-zone-'));
  readonly lab = new Lab({ hosts: 'on-demand' });
  readonly #open: { close(): Promise<void> }[] = [];
  director!: RunningDirector;
  client!: DirectorClient;

  constructor(t: TestContext) {
    t.after(async () => {
      for (const o of this.#open.reverse()) await o.close().catch(() => {});
      rmSync(this.dir, { recursive: true, force: true });
    });
  }

  async startDirector(): Promise<void> {
    this.director = await runDirector({ listen: `unix:${this.dir}/d.sock`, stateDir: `${this.dir}/director`, modules: await modules, version: '0', logger });
    this.#open.push(this.director);
    this.client = new DirectorClient(this.director.address);
  }

  async startVisor(name: string, underlay: string, more: { stateDir?: string; listen?: string; recent?: RecentLines } = {}): Promise<{ running: RunningVisor; visor: VisorClient }> {
    const running = await runVisor({
      name, underlay, director: `unix:${this.dir}/d.sock`, stateDir: `${this.dir}/${name}`, listen: `unix:${this.dir}/${name}.sock`, lockDir: `${this.dir}/locks`,
      openDatapath: () => openVmDatapath({ lab: this.lab, server: name }), logger, ...more,
    });
    this.#open.push(running);
    return { running, visor: new VisorClient(running.address) };
  }

  /** Every visor has the newest plan in place, with all endpoints whose workloads are there. */
  async settled(): Promise<void> {
    await until(async () => {
      const { revision } = await this.client.health();
      return (await this.client.statuses()).every(s => s.status.applied?.revision === revision && s.status.degraded.length === 0 && s.status.endpoints.every(e => e.state === 'ready' || e.state === 'absent'));
    });
  }
}

export async function until(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (await what().catch(() => false)) return;
    await new Promise(done => setTimeout(done, 50));
  }
  assert.fail(`not in a minute: ${what}`);
}
