// A reader of punts that dies, as a process does: its device goes with it, what is punted then is a named drop, and the next reader begins anew.
// Packets whose checksums and segments the kernel has still to make are test/dns.test.ts's.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Netlink } from '../../netlink/client.ts';
import { listLinks } from '../../netlink/links.ts';
import { namespacePath } from '../../netlink/namespaces.ts';
import { kernelTest } from '../../../test/require.ts';
import { kernelWorld } from '../fixtures/kernel-world.ts';
import { PUNT_TYPE } from '../fixtures/switch.ts';
import { frame, Net, passes, TYPE, until } from '../suite-net.ts';

const NAME = 'iov-dpp';
const READER = `
  const { openKernelDatapath } = await import(process.argv[1]);
  const datapath = openKernelDatapath(JSON.parse(process.argv[2]));
  datapath.readPunts(({ element, port, reason }) => { console.log(element, port, reason); });
  console.log('ready', datapath.changes);
`;

kernelTest('kernel: a reader of punts that is killed leaves nothing behind, and packets go on', async t => {
  const net = new Net(kernelWorld(t, NAME), t);
  const [a1, a2] = [net.endpoint('a', 1), net.endpoint('a', 2)];
  net.build();
  net.close('a');
  const punt = (): void => { a1.tap.send(frame(a2.mac, a1.mac, PUNT_TYPE, 'strange')); };
  const options = { server: 'a', root: `/sys/fs/bpf/${NAME}/a`, netnsPath: namespacePath(`${NAME}-a`), stateDir: join(tmpdir(), readdirSync(tmpdir()).findLast(f => f.startsWith(`${NAME}-`))!, 'a') };
  for (let life = 0; life < 2; life++) {
    const reader = spawn(process.execPath, ['--input-type=module', '-e', READER, join(import.meta.dirname, 'open.ts'), JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => reader.kill('SIGKILL'));
    let said = '';
    reader.stdout.on('data', (text: Buffer) => { said += text.toString(); });
    await until(() => said.includes('ready'));
    assert.ok(said.startsWith('ready 0'), said);
    punt();
    await until(() => said.includes('red 1 strange'));
    assert.match(said, /red 1 strange/);
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    punt();
    await passes(a1, a2, 'and all else');
  }
  using host = new Netlink({ netns: namespacePath(`${NAME}-a`) });
  assert.deepEqual(listLinks(host).filter(link => link.name.startsWith('ivp')), []);
  const again = net.open('a');
  assert.deepEqual([again.changes, again.drops().map(d => `${d.reason} ${d.packets}`), again.punts().map(p => `${p.reason} ${p.packets}`)], [0, ['strange 2'], ['strange 2']]);
  a1.tap.send(frame(a2.mac, a1.mac, TYPE, 'last'));
});
