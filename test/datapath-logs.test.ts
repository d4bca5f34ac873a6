// What a module logs in a network, read through the data path on both engines: lines with their element, a few a second, and the number of the others.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Datapath, ModuleLog } from '../src/datapath/datapath.ts';
import { LOGGED_A_SECOND } from '../src/datapath/compose/logs.ts';
import type { World } from '../src/datapath/suite-net.ts';
import type { Image } from '../src/image/image.ts';
import { attach, frameOf, onBothEngines } from './both-engines.ts';

const SOURCE = `
import { Eth, drop, log, module, reply } from 'iovisor/module';
export default module(pkt => {
  const eth = pkt.at(Eth);
  log\`WORD \${eth.type} from \${eth.src}\`;
  if (eth.type === 0x88b6) log\`the second\`;
  return eth.type === 0x88b5 ? reply() : drop('other');
});
`;

const image = (word: string): Image => imageOf('says.ts', { text: SOURCE.replace('WORD', word), verifyIr: 'always' });

/** Until as much was said, or a renewal has passed twice: a flood ends with a number. */
async function said(datapath: Datapath, isEnough: (rows: readonly ModuleLog[]) => boolean): Promise<readonly ModuleLog[]> {
  const rows: ModuleLog[] = [];
  for (let i = 0; i < 60; i++) {
    rows.push(...datapath.logs());
    if (isEnough(rows)) return rows;
    await new Promise(done => setTimeout(done, 50));
  }
  return rows;
}

async function logs(t: TestContext, world: World): Promise<void> {
  let datapath = world.open('a');
  t.after(() => { datapath.close(); });
  const put = (hash: string): void => datapath.putElement({ uid: 'says', id: 3, imageHash: hash, contents: {}, wires: [{ port: 1, to: 'endpoint', endpoint: 'e1' }] });
  datapath.putImage('one', image('type'));
  datapath.putImage('two', image('EtherType'));
  put('one');
  const { tap } = attach(t, world, datapath, 'says');
  const send = async (type: number): Promise<void> => {
    tap.send(frameOf([], { type }));
    if (type === 0x88b5) assert.ok(await tap.receive());
  };
  const row = (line: number, text: string): ModuleLog => ({ element: 'says', file: 'says.ts', line, text });

  // The first packet is heard, before anybody asked for anything.
  await send(0x88b5);
  assert.deepEqual(await said(datapath, rows => rows.length >= 1), [row(5, 'type 34997 from 02:00:00:00:00:01')]);

  // Of many in a second some are heard, and the others counted: by line.
  const many = 60;
  for (let i = 0; i < many; i++) await send(0x88b5);
  await send(0x88b6);
  const all = await said(datapath, rows => rows.some(r => r.unsaid !== undefined) && rows.some(r => r.line === 6));
  const first = all.filter(r => r.line === 5);
  const heard = first.filter(r => r.unsaid === undefined).length;
  assert.ok(heard >= LOGGED_A_SECOND - 1, `${heard} were heard`);
  const isWhole = (rows: readonly ModuleLog[]): boolean => rows.filter(r => r.line === 5).reduce((sum, r) => sum + (r.unsaid ?? 1), 0) === many + 1;
  if (!isWhole(all)) assert.ok(isWhole([...all, ...await said(datapath, rows => isWhole([...all, ...rows]))]), 'heard and counted, none is missing');
  assert.deepEqual(all.filter(r => r.line === 6), [row(6, 'the second')]);

  // Another image's lines are its own; what was said before the change is not lost, and a visor that comes back hears what was said meanwhile.
  await send(0x88b5);
  put('two');
  await send(0x88b5);
  const both = (await said(datapath, rows => rows.length >= 2)).map(r => r.text);
  assert.deepEqual(both, ['type 34997 from 02:00:00:00:00:01', 'EtherType 34997 from 02:00:00:00:00:01']);
  await send(0x88b5);
  datapath.close();
  datapath = world.open('a');
  assert.deepEqual(await said(datapath, rows => rows.length >= 1), [row(5, 'EtherType 34997 from 02:00:00:00:00:01')]);
  datapath.destroy();
}

onBothEngines('what modules log', 'iov-log', logs);
