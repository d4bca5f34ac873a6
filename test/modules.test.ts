// Every module of modules/ and examples/modules/ compiles without a warning, loads, and does what its packet cases say, on both engines.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import type { CaseEngineName } from '../src/cases/engines.ts';
import type { PacketForm } from '../src/cases/forms.ts';
import { runCases } from '../src/cases/run-cases.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import { encodeContents } from '../src/image/contents.ts';
import type { Image } from '../src/image/image.ts';
import type { Contents } from '../src/image/values.ts';
import { casesOf, entryOf, MODULE_FOLDERS } from './module-folders.ts';
import { kernelTest } from './require.ts';

const root = new URL('../', import.meta.url);

const images = new Map<string, Image>();

/** Compiled once for all tests that only use it. */
function sharedImageOf(folder: string): Image {
  const image = images.get(folder) ?? imageOf(entryOf(folder));
  images.set(folder, image);
  return image;
}

/** What docs/language.md says of packets whose checksum is to be finished: the day a module gets over it, its line goes. */
const LIMITS: Readonly<Record<string, string>> = {
  'router unfinished': 'what an error quotes, which stays unfinished',
  'firewall unfinished': 'what an error quotes, which stays unfinished',
};

async function runAll(folder: string, engine: CaseEngineName, form: PacketForm = 'linear'): Promise<void> {
  const results = runCases({ image: sharedImageOf(folder), cases: await casesOf(folder), engine, form });
  assert.ok(results.length > 0);
  assert.deepEqual(results.filter(result => !result.ok), []);
}

for (const folder of MODULE_FOLDERS) {
  const name = basename(folder);
  test(`${name}: packet cases in the vm`, () => runAll(folder, 'vm'));
  for (const form of ['non-linear', 'unfinished'] as const) {
    const failing = LIMITS[`${name} ${form}`];
    if (failing === undefined) test(`${name}: packet cases in the vm, ${form} packets`, () => runAll(folder, 'vm', form));
    else test(`${name}: packet cases in the vm, ${form} packets, but for ${failing}`, () => assert.rejects(runAll(folder, 'vm', form), assert.AssertionError));
  }
  test(`${name}: packet cases in the interpreter`, () => runAll(folder, 'interpreter'));
  kernelTest(`${name}: packet cases in the kernel`, () => runAll(folder, 'kernel'));
  test(`${name}: the same sources give the same image`, () => { assert.deepEqual(imageOf(entryOf(folder)), sharedImageOf(folder)); });
}

/** What control functions are given here. */
const SPECS: Readonly<Record<string, unknown>> = {
  bridge: { stations: [{ mac: '02:00:00:00:00:01', addresses: ['10.0.0.1', 'fd00::1'], port: 3 }], unmanaged: [1000], ageingSeconds: 60 },
  dhcp: {
    server: { mac: '02:00:00:00:00:fe', address: '10.0.0.254' }, dns: ['10.0.0.2', 'fd00::2', 'fd00::3', 'fd00::4'], domain: `${'a'.repeat(60)}.lan`,
    routes: Array.from({ length: 8 }, (_, i) => ({ to: `10.9.${i}.128/25`, via: '10.0.0.9' })),
    leases: [{ port: 1000, mac: '02:00:00:00:00:01', four: { address: '10.0.0.1', prefixLength: 20, router: '10.0.0.254' }, address6: 'fd00::1', name: 'web-1' }],
  },
  dns: { server: { mac: '02:00:00:00:00:fe', addresses: ['10.0.0.254'] }, zone: { name: 'shop.lan', ttlSeconds: 60, hosts: [{ name: 'web-1.web', addresses: ['10.0.0.1', 'fd00::1'] }], services: [{ name: '_x._udp', priority: 0, weight: 0, port: 9, target: 'web-1.web' }] } },
  firewall: {
    members: [{ port: 1000, in: { admin: 0, application: 3, baseline: 0 }, out: { admin: 4, application: 0, baseline: 0 } }],
    addresses: [{ address: '10.0.0.9', identity: 7 }, { address: 'fd00::9', identity: 7 }],
    sets: [
      { number: 3, closed: true, rules: [{ action: 'allow', identities: [7], ports: [{ protocol: 'tcp', ports: [5432, 5440] }], hits: 1 }, { action: 'reject', cidr: ['10.0.0.0/24', '::/0'], except: ['10.0.0.128/25'], hits: 2 }] },
      { number: 4, closed: false, rules: [] },
    ],
    epoch: { rules: 1, members: 2 }, connections: 9, lifetimes: { open: 100 },
  },
  maglev: {
    services: [{ address: '10.9.0.1', port: 80, protocol: 'tcp', backends: ['a', 'b'] }],
    backends: [{ name: 'a', address: '10.0.0.1', port: 8080 }, { name: 'b', address: '10.0.0.2', port: 8080 }],
  },
  nat44: { address: '203.0.113.5', masqueraded: ['10.0.0.0/24'], forwards: [{ protocol: 'tcp', port: 80, to: { address: '10.0.0.7', port: 8080 } }] },
  uplink: { router: '06:00:00:00:00:01', addresses: [{ address: '198.51.100.2', speaks: true, echoes: true }, { address: '2001:db8::2', speaks: false, echoes: true }] },
  router: {
    interfaces: [{ mac: '02:00:00:00:00:f0', ip4: '10.0.0.1' }], neighbors: [{ address: '10.0.0.7', mac: '02:00:00:00:00:07', port: 0 }],
    routes: [{ prefix: '::/0', via: [{ mac: '02:00:00:00:00:08', port: 1 }] }, { prefix: '10.9.0.0/16', via: [] }, { prefix: '10.8.0.0/16', via: [], blackhole: true }],
  },
};

for (const [name, spec] of Object.entries(SPECS)) {
  test(`${name}: what control code writes fits the tables`, async () => {
    const folder = existsSync(new URL(`modules/${name}`, root)) ? `modules/${name}` : `examples/modules/${name}`;
    const { default: control } = await import(`../${folder}/${name}.control.ts`) as { readonly default: (spec: unknown) => Contents };
    const encoded = encodeContents(sharedImageOf(folder), 1, control(spec));
    assert.ok(encoded.ok, JSON.stringify(encoded));
  });
}
