// The page of examples/browser in headless Chromium, from file://: the bridge is compiled there, frames move, mistakes are shown.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { buildPage, compilerBytes } from '../scripts/build-browser.ts';
import { readPcapng } from '../src/pcapng/read.ts';
import { browserTest } from './require.ts';

const MOST_COMPILER_BYTES = 1_000_000;
const READY_MS = 60_000;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const BRIDGE = readFileSync(resolve(import.meta.dirname, '../modules/bridge/bridge.ts'), 'utf8');
const NAMES = ['red', 'blue'].flatMap(tenant => [1, 2, 3, 4].map(n => `${tenant}-${n}`));

/** Of the only line of the source that holds the text. */
function lineOf(source: string, text: string): number {
  const lines = source.split('\n');
  const at = lines.findIndex(line => line.includes(text));
  assert.ok(at >= 0, `the bridge has no ${text}`);
  return at + 1;
}

test('our own code of the compiler is under 1 MB, minified', async t => {
  const bytes = await compilerBytes();
  t.diagnostic(`the compiler: ${bytes} bytes minified`);
  assert.ok(bytes < MOST_COMPILER_BYTES, `${bytes} bytes`);
});

async function send(page: Page, from: string, to: string, protocol: 'ping' | 'UDP' | 'TCP'): Promise<string> {
  await page.selectOption('#from', from);
  await page.selectOption('#to', to);
  await page.click(`[data-protocol=${protocol}]`);
  return await page.textContent('#outcome') ?? '';
}

async function recompile(page: Page, source: string): Promise<string> {
  await page.fill('#source', source);
  await page.click('#recompile');
  return await page.textContent('#compiled') ?? '';
}

browserTest('the two-tenant topology runs in a browser, with the bridge compiled there', async (t, executablePath) => {
  const folder = mkdtempSync(join(tmpdir(), 'iov-browser-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { bytes } = await buildPage(folder);
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  t.after(() => browser.close());
  const page = await browser.newPage({ reducedMotion: 'reduce' });
  const errors: string[] = [];
  const requested: string[] = [];
  page.on('pageerror', error => errors.push(String(error)));
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('request', request => { if (/^(https?|wss?|file):/.test(request.url())) requested.push(request.url().split('/').at(-1) ?? ''); });
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  await page.waitForSelector('body:not([data-state=starting])', { timeout: READY_MS });
  assert.equal(await page.getAttribute('body', 'data-state'), 'ready', await page.textContent('#outcome') ?? '');
  const compileMs = async (): Promise<number> => Number(await page.getAttribute('#compiled', 'data-ms'));
  const coldMs = await compileMs();

  await t.test('the first packet shows its way: ARP is answered by the bridge, the echo goes through the tunnel and back', async () => {
    assert.match(await send(page, 'red-1', 'red-3', 'ping'), /answered by way of s1 and s2/);
    const hops = await page.locator('#hops tr').allTextContents();
    assert.match(hops[0] ?? '', /s1, from red-1.*ARP: who has 10\.0\.0\.\d+\?.*answered by the bridge/);
    for (const way of [/s1, from red-1.*echo request.*into the tunnel/, /s2, from the tunnel.*echo request.*to red-3/, /red-3.*echo request.*heard/, /s2, from red-3.*echo reply.*into the tunnel/, /red-1.*echo reply.*heard/]) {
      assert.ok(hops.some(hop => way.test(hop)), `${way} in ${hops.join('\n')}`);
    }
  });

  const noStation = lineOf(BRIDGE, "drop('unknown-station')");
  await t.test('from each server and tenant to all: within a tenant an answer, between tenants a drop at its line', async () => {
    for (const from of ['red-1', 'red-3', 'blue-2', 'blue-4']) for (const to of NAMES) {
      if (from === to) continue;
      const said = await send(page, from, to, 'ping');
      if (from.split('-')[0] === to.split('-')[0]) assert.match(said, /: answered/, said);
      else assert.ok(said.includes(`dropped at modules/bridge/bridge.ts:${noStation}: unknown-station`), said);
    }
    assert.deepEqual(await page.locator('#drops .number').allTextContents(), ['4', '4', '4', '4']);
    await send(page, 'red-1', 'blue-1', 'UDP');
    assert.equal(await page.getAttribute('#marks .drop', 'data-line'), String(noStation));
  });

  await t.test('UDP and TCP, both families', async () => {
    for (const family of ['IPv4', 'IPv6']) {
      await page.selectOption('#family', family);
      for (const protocol of ['ping', 'UDP', 'TCP'] as const) {
        assert.match(await send(page, 'blue-1', 'blue-4', protocol), new RegExp(`${protocol} over ${family}: answered`));
        assert.match(await send(page, 'blue-1', 'red-4', protocol), new RegExp(`${protocol} over ${family}: dropped at .*unknown-station`));
      }
    }
    await page.selectOption('#family', 'IPv4');
  });

  await t.test('the handshake is shown segment by segment, and all frames are saved as a capture with the reasons of drops', async () => {
    await send(page, 'red-1', 'red-3', 'TCP');
    const heard = (await page.locator('#hops tr').allTextContents()).filter(hop => /red-[13](?=.*heard).*TCP/.test(hop)).map(hop => /TCP ((?:[A-Z]+ )+)/.exec(hop)?.[1]?.trim());
    assert.deepEqual([heard.slice(0, 3), heard.slice(-3)], [['SYN', 'SYN ACK', 'ACK'], ['FIN ACK', 'FIN ACK', 'ACK']]);
    await send(page, 'red-1', 'blue-1', 'UDP');
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#capture')]);
    assert.equal(saved.suggestedFilename(), 'two-tenants.pcapng');
    const read = readPcapng(readFileSync(await saved.path()));
    assert.ok(read.ok);
    const { interfaces, packets } = read.value;
    assert.ok(['s1 red-1', 's1 tunnel', 's2 tunnel', 'red-3'].every(name => interfaces.some(i => i.name === name)));
    assert.deepEqual(packets.map(p => p.timeNs), packets.map(p => p.timeNs).toSorted((a, b) => Number(a - b)));
    assert.deepEqual(packets.at(-1)?.comments, [`dropped: unknown-station (modules/bridge/bridge.ts:${noStation})`]);
  });

  await t.test('a mistake is shown at its line while the bridge before it goes on', async () => {
    const wrong = BRIDGE.replace("return drop('multicast-source')", "return dorp('multicast-source')");
    assert.match(await recompile(page, wrong), /not compiled/);
    const line = lineOf(wrong, 'dorp(');
    assert.equal(await page.getAttribute('#marks .error', 'data-line'), String(line));
    assert.match(await page.textContent('#notes') ?? '', new RegExp(`modules/bridge/bridge\\.ts:${line}:\\d+ IOV\\d+`));
    assert.match(await send(page, 'red-1', 'red-3', 'ping'), /: answered/);
  });

  await t.test('an edit is taken over by the running bridges', async () => {
    const edits = await page.locator('#edit option').allTextContents();
    await page.selectOption('#edit', edits[1]!);
    assert.match(await page.textContent('#loaded') ?? '', /running on both servers/);
    assert.match(await send(page, 'red-1', 'red-3', 'UDP'), /dropped at modules\/bridge\/bridge\.ts:\d+: no-udp-echo/);
    assert.match(await send(page, 'red-1', 'red-3', 'ping'), /: answered/);
    await page.selectOption('#edit', edits[2]!);
    assert.match(await send(page, 'red-1', 'blue-3', 'ping'), /no answer/);
    await page.selectOption('#edit', edits[3]!);
    assert.match(await page.textContent('#compiled') ?? '', /not compiled/);
    await page.selectOption('#edit', edits[0]!);
    assert.match(await page.textContent('#compiled') ?? '', /compiled in/);
  });

  const warmMs: number[] = [];
  for (let n = 0; n < 30; n++) {
    await page.click('#recompile');
    warmMs.push(await compileMs());
  }
  t.diagnostic(`the page's script: ${bytes} bytes; the bridge compiles in ${coldMs} ms at first, then (30 times) ${Math.min(...warmMs)} ms at best, ${warmMs.sort((a, b) => a - b)[15]} ms in the middle`);
  assert.deepEqual(errors, []);
  assert.deepEqual(requested, ['index.html', 'iovisor.js']);
});
