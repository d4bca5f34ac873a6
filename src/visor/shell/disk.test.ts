// The visor's document on disk: whatever was said to be written is read again, wherever the file was cut off behind it; what is damaged before its end is put aside.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Plan, ServerSection } from '../../model/plan.ts';
import { EMPTY_DOCUMENT, type Document } from '../core/document.ts';
import { Disk } from './disk.ts';

const local = (n: number): Document['endpoints'][number] => ({ endpoint: `red/w${n}`, network: 'web', netns: '', device: `t${n}`, born: true, known: n % 2 === 0 ? undefined : { epoch: 'e', revision: n } });

/** `here`: numbers of endpoints. */
function planWith(revision: number, here: readonly number[], elements: readonly string[]): Plan {
  const section: ServerSection = {
    kind: 'server', server: 's1', tunnel: { local: '192.0.2.1', udpPort: 4789 }, contents: { 'Network/red/web': { stations: here.map(n => [`02:${n}`, { port: 1000 + n }]) } },
    endpoints: here.map(n => ({ endpoint: `red/w${n}`, uid: `e${n}`, id: n, domain: 1, group: 1, network: 'red/web', element: 'n1', port: 1000 + n, mac: `02:${n}`, addresses: [], gateways: [], mtu: 1450, ephemeral: true })),
  };
  return {
    generation: { epoch: 'e', revision, planner: 1 }, ...here.length > 0 && { own: { hash: `own ${here.join()}`, section } },
    elements: elements.map(owner => ({ hash: `${owner} ${here.join()}`, section: { kind: 'element' as const, owner, element: { uid: owner, id: 1, imageHash: 'x' }, keyed: [], contents: { all: here }, wires: [] } })),
  };
}

const numbers = fc.uniqueArray(fc.nat(8)).map(all => all.sort());
const documents = fc.array(fc.record({ here: numbers, planned: fc.option(numbers), elements: fc.subarray(['Network/red/web', 'Network/red/db']), gone: fc.subarray(['red/w1', 'red/w2']) }), { minLength: 1, maxLength: 12 })
  .map(all => all.map(({ here, planned, elements, gone }, i): Document => ({ ...EMPTY_DOCUMENT, ...planned && { plan: planWith(i, planned, elements) }, endpoints: here.map(local), gone })));

const overJson = (document: Document | undefined): unknown => document && JSON.parse(JSON.stringify(document));
const mustRead = (disk: Disk): Document | undefined => disk.document(message => { assert.fail(message); });

async function inFolder(body: (folder: string, file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'iov-disk-'));
  try {
    await body(folder, join(folder, 'visor.json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the last document that was written is read; of a file that is cut off in its last line, the one before', async () => {
  await fc.assert(fc.asyncProperty(documents, fc.nat(), async (all, cut) => inFolder(async (folder, file) => {
    const disk = new Disk(folder);
    await Promise.all(all.map(document => disk.saveDocument(document)));
    await disk.close();
    assert.deepEqual(overJson(mustRead(new Disk(folder))), overJson(all.at(-1)));
    const lines = readFileSync(file, 'utf8').split('\n');
    assert.equal(lines.length, all.length + 1);
    if (all.length === 1) return;
    truncateSync(file, readFileSync(file).length - 1 - cut % lines.at(-2)!.length);
    assert.deepEqual(overJson(mustRead(new Disk(folder))), overJson(all.at(-2)));
    // It goes on from there.
    const again = new Disk(folder);
    for (const document of all) await again.saveDocument(document);
    await again.close();
    assert.deepEqual(overJson(mustRead(new Disk(folder))), overJson(all.at(-1)));
  })), { numRuns: 30 });
});

test('a line with another sum ends what is read where it is the last, and before that the file is put aside', () => inFolder(async (folder, file) => {
  const disk = new Disk(folder);
  const all = [[1], [1, 2], [1, 2, 3]].map((here): Document => ({ ...EMPTY_DOCUMENT, endpoints: here.map(local) }));
  for (const document of all) await disk.saveDocument(document);
  await disk.close();
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [...lines.slice(0, 2), lines[2]!.replace('w3', 'w4'), ''].join('\n'));
  assert.deepEqual(overJson(mustRead(new Disk(folder))), overJson(all[1]));
  writeFileSync(file, [lines[0], lines[1]!.replace('w2', 'w4'), lines[2], ''].join('\n'));
  const said: string[] = [];
  assert.equal(new Disk(folder).document(message => said.push(message)), undefined);
  assert.match(said.join(), /line 2 of it is damaged.*visor\.json\.bad/);
  assert.deepEqual(readdirSync(folder).sort(), ['images', 'visor.json.bad']);
}));

test('a file that was taken away is written whole again, and so is one whose lines have grown long', () => inFolder(async (folder, file) => {
  const disk = new Disk(folder);
  const long = (n: number): Document => ({ ...EMPTY_DOCUMENT, gone: [`red/${String(n).repeat(100_000)}`] });
  await disk.saveDocument(EMPTY_DOCUMENT);
  rmSync(file);
  await disk.saveDocument(long(0));
  assert.deepEqual(mustRead(new Disk(folder)), long(0));
  for (let n = 1; n <= 5; n++) await disk.saveDocument(long(n));
  await disk.close();
  assert.deepEqual(mustRead(new Disk(folder)), long(5));
  assert.equal(readFileSync(file, 'utf8').split('\n').length, 3);
}));
