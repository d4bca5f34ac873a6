// examples/office on this machine: the server, its clients and the world outside are network namespaces; Director and visor are `iov up`, as people
// run it, and all that is asked of them goes by `iov`. It knows nothing of what its clients do.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { removePins } from '../../src/kernel/pins.ts';
import type { Stats } from '../../src/model/stats.ts';
import { addAddress } from '../../src/netlink/addresses.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { createVeth, indexOf, setLink } from '../../src/netlink/links.ts';
import { addNeighbours } from '../../src/netlink/neighbours.ts';
import { createNamespace, deleteNamespace, listNamespaces, namespacePath } from '../../src/netlink/namespaces.ts';
import { addRoute } from '../../src/netlink/routes.ts';
import { writeSysctl } from '../../src/netlink/sysctl.ts';
import { Programs, type Said, until } from './programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const IOV = join(ROOT, 'bin/iov.js');
const EXAMPLE = join(ROOT, 'examples/office');

/** As the example has them. */
export const NET = {
  outside: { ip4: '198.51.100.1', ip6: '2001:db8:5::1' }, machine: { ip4: '198.51.100.3', ip6: '2001:db8:5::3' }, edge: { ip4: '198.51.100.2', ip6: '2001:db8:5::2' },
  desks: { router4: '10.20.1.1', router6: '2001:db8:20:1::1' }, servers: { router4: '10.20.2.1', router6: '2001:db8:20:2::1', web4: '10.20.2.10', web6: '2001:db8:20:2::10' },
  inside6: '2001:db8:20::/48',
} as const;

export interface Client { readonly name: string; readonly netns: string; readonly mac: string; readonly ip4: string; readonly ip6: string; readonly mtu: number }
interface Attached { readonly mac: string; readonly addresses: readonly string[]; readonly mtu: number }

export class Office {
  readonly dir: string;
  readonly programs = new Programs();
  readonly server: string;
  readonly world: string;
  readonly #prefix: string;
  readonly #pins: string;
  #up: ChildProcess | undefined;

  /** `name`: of this office alone, for others may stand at the same time. */
  constructor(name: string) {
    this.#prefix = `iov-${name}-`;
    this.#pins = `/sys/fs/bpf/iov-${name}`;
    this.#clean();
    this.dir = mkdtempSync(join(tmpdir(), this.#prefix));
    this.server = createNamespace(`${this.#prefix}s1`);
    this.world = createNamespace(`${this.#prefix}world`);
    for (const netns of [this.server, this.world]) {
      writeSysctl(netns, 'net/ipv6/conf/default/accept_dad', 0);
      using netlink = new Netlink({ netns });
      setLink(netlink, 'lo', { state: 'up' });
    }
    using here = new Netlink({ netns: this.server });
    createVeth(here, { name: 'eth1', state: 'up' }, { name: 'eth0', netns: this.world, state: 'up' });
    using there = new Netlink({ netns: this.world });
    for (const [netlink, device, { ip4, ip6 }] of [[here, 'eth1', NET.machine], [there, 'eth0', NET.outside]] as const) {
      const index = indexOf(netlink, device);
      for (const address of [`${ip4}/24`, `${ip6}/64`]) addAddress(netlink, index, address);
    }
    addRoute(there, { destination: NET.inside6, via: NET.edge.ip6, index: indexOf(there, 'eth0') });
  }

  /** `iov up`, and the example applied. */
  async open(): Promise<void> {
    const up = this.programs.start(this.server, [process.execPath, IOV, 'up', '--name', 's1', '--listen', this.#director, '--socket', this.#visor, '--state', `${this.dir}/state`, '--pins', `${this.#pins}/s1`]);
    this.#up = up;
    let said = '';
    for (const stream of [up.stdout, up.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { said += text; });
    await until('iov up', () => { assert.equal(up.exitCode, null, said); return said.includes('Next:'); }, 60_000);
    await this.iov(['apply', '-f', EXAMPLE, '--wait']);
  }

  /** @throws where it is refused; its exit code is 0 */
  async iov(args: readonly string[]): Promise<string> {
    const { status, out, err } = await this.tryIov(args);
    assert.equal(status, 0, `iov ${args.join(' ')}: ${err}`);
    return out;
  }

  tryIov(args: readonly string[]): Promise<Said> {
    return this.programs.run(undefined, ['env', `IOV_DIRECTOR=${this.#director}`, `IOV_VISOR=${this.#visor}`, process.execPath, IOV, ...args]);
  }

  /** A namespace that is attached as an endpoint, with its addresses on it. */
  async client(network: 'desks' | 'servers', name: string, ...more: readonly string[]): Promise<Client> {
    const netns = createNamespace(this.#prefix + name);
    {
      using netlink = new Netlink({ netns });
      setLink(netlink, 'lo', { state: 'up' });
    }
    return this.#attached(name, netns, await this.iov(['endpoint', 'attach', '-n', `office/${network}`, '--netns', netns, '--name', name, ...more, '-o', 'json']));
  }

  /** A TAP of the server. */
  async machine(network: 'desks' | 'servers', name: string, tap: string): Promise<Client> {
    return this.#attached(name, this.server, await this.iov(['endpoint', 'attach', '-n', `office/${network}`, '--tap', tap, '--name', name, '-o', 'json']));
  }

  #attached(name: string, netns: string, json: string): Client {
    const { mac, addresses, mtu } = JSON.parse(json) as Attached;
    const of = (family: '.' | ':'): string => addresses.find(a => a.includes(family))?.replace(/\/.*/, '') ?? '';
    return { name, netns, mac, ip4: of('.'), ip6: of(':'), mtu };
  }

  async stats(): Promise<Stats> {
    return JSON.parse(await this.iov(['stats', '-o', 'json'])) as Stats;
  }

  /** By reason. */
  async drops(): Promise<ReadonlyMap<string, number>> {
    const sums = new Map<string, number>();
    for (const { reason, packets } of (await this.stats()).drops) sums.set(reason, (sums.get(reason) ?? 0) + packets);
    return sums;
  }

  run(netns: string, command: readonly string[], more: { input?: string; limitMs?: number } = {}): Promise<Said> {
    return this.programs.run(netns, command, more);
  }

  /** A server that listens before this returns: `ready` is what it prints then, or a port that it listens on. */
  async serve(netns: string, command: readonly string[], ready: string | { readonly port: number }): Promise<ChildProcess> {
    const child = this.programs.start(netns, command);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { said += text; });
    await until(`${command.join(' ')} is there`, async () => {
      assert.equal(child.exitCode, null, said);
      return typeof ready === 'string' ? said.includes(ready) : (await this.run(netns, ['ss', '-Hltn', `sport = :${ready.port}`])).out.trim() !== '';
    });
    return child;
  }

  /** The neighbour outside, known beforehand: a first packet is not held up. */
  neighbour(netns: string, device: string, ip: string, mac: string): void {
    using netlink = new Netlink({ netns });
    addNeighbours(netlink, [{ index: indexOf(netlink, device), ip, mac }]);
  }

  async close(): Promise<void> {
    if (this.#up) await this.programs.stop(this.#up);
    await this.programs.stopAll();
    this.#clean();
    rmSync(this.dir, { recursive: true, force: true });
  }

  get #director(): string { return `unix:${this.dir}/d.sock`; }
  get #visor(): string { return `unix:${this.dir}/v.sock`; }

  #clean(): void {
    for (const namespace of listNamespaces(this.#prefix)) deleteNamespace(namespace);
    removePins(this.#pins);
  }
}

export { namespacePath };
