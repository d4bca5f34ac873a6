// OVN on this machine by itself: its databases, ovn-northd, and one hypervisor of ovn-controller and Open vSwitch, all over unix sockets in one folder. The
// hypervisor's datapath is Open vSwitch's own test double, and its interfaces are: flows are computed and put into ovs-vswitchd as ever, packets are none.

import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync } from 'node:fs';
import { promisify } from 'node:util';

const NORTHBOUND = '/usr/share/ovn/ovn-nb.ovsschema', SOUTHBOUND = '/usr/share/ovn/ovn-sb.ovsschema', SWITCH = '/usr/share/openvswitch/vswitch.ovsschema';
const PROGRAMS = ['ovn-northd', 'ovn-controller', 'ovn-nbctl', 'ovs-vswitchd', 'ovs-vsctl', 'ovsdb-server', 'ovsdb-tool', 'setpriv'];
const READY_MS = 60_000;
/** Words of one command line. */
const MOST_WORDS = 4000;

/** Undefined: OVN can run here. */
export function whyNoOvn(): string | undefined {
  const lacking = PROGRAMS.find(program => spawnSync(program, ['--version'], { stdio: 'ignore' }).error) ?? [NORTHBOUND, SOUTHBOUND, SWITCH].find(file => !existsSync(file));
  return lacking && `${lacking} is not installed: apt-get install ovn-central ovn-host openvswitch-switch`;
}

export class Ovn implements Disposable {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #processes: ChildProcess[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#environment = { ...process.env, ...Object.fromEntries(['OVS_RUNDIR', 'OVS_LOGDIR', 'OVS_DBDIR', 'OVS_SYSCONFDIR', 'OVN_RUNDIR', 'OVN_LOGDIR', 'OVN_DBDIR', 'OVN_SYSCONFDIR'].map(name => [name, folder])) };
  }

  static async start(folder: string): Promise<Ovn> {
    mkdirSync(folder, { recursive: true });
    const ovn = new Ovn(folder);
    try {
      for (const [name, schema] of [['switch', SWITCH], ['nb', NORTHBOUND], ['sb', SOUTHBOUND]] as const) {
        execFileSync('ovsdb-tool', ['create', `${folder}/${name}.db`, schema]);
        ovn.#spawn('ovsdb-server', [`--unixctl=${folder}/${name}.ctl`, `--remote=punix:${folder}/${name}.sock`, `${folder}/${name}.db`]);
      }
      const ids = { 'system-id': 's1', 'ovn-remote': ovn.#socket('sb'), 'ovn-encap-type': 'geneve', 'ovn-encap-ip': '127.0.0.1' };
      await ovn.#ready(() => ovn.#vsctl('--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.', ...Object.entries(ids).map(([name, value]) => `external-ids:${name}="${value}"`)));
      ovn.#spawn('ovs-vswitchd', [`--unixctl=${folder}/vswitchd.ctl`, '--enable-dummy=override', '--disable-system', ovn.#socket('switch')]);
      ovn.#spawn('ovn-northd', [`--unixctl=${folder}/northd.ctl`, `--ovnnb-db=${ovn.#socket('nb')}`, `--ovnsb-db=${ovn.#socket('sb')}`]);
      await ovn.#vsctl('add-br', 'br-int', '--', 'set', 'bridge', 'br-int', 'datapath-type=dummy', 'fail-mode=secure');
      ovn.#spawn('ovn-controller', [ovn.#socket('switch')]);
      await ovn.#ready(() => ovn.change(['init']));
      return ovn;
    } catch (error) {
      ovn[Symbol.dispose]();
      throw error;
    }
  }

  /** Interfaces of workloads, by the names of their logical ports: there before these are. */
  async interfaces(names: readonly string[]): Promise<void> {
    const words = names.flatMap(name => ['--', 'add-port', 'br-int', name, '--', 'set', 'interface', name, 'type=dummy', `external-ids:iface-id=${name}`]);
    for (let i = 0; i < words.length; i += MOST_WORDS) await this.#vsctl(...words.slice(i, i + MOST_WORDS));
  }

  /** Returns when the hypervisor has all flows of it. `--` between the parts of one transaction. */
  async change(words: readonly string[]): Promise<void> {
    await this.#ask('ovn-nbctl', [`--db=${this.#socket('nb')}`, '--wait=hv', ...words]);
  }

  /** @throws some logical port is bound to no interface */
  async check(ports: number): Promise<void> {
    const bound = (await this.#ask('ovn-sbctl', [`--db=${this.#socket('sb')}`, '--bare', '--columns=logical_port', 'find', 'Port_Binding', 'up=true'])).split('\n').filter(name => name !== '').length;
    if (bound !== ports) throw new Error(`OVN has ${bound} of ${ports} ports up`);
  }

  [Symbol.dispose](): void {
    for (const child of this.#processes) child.kill('SIGKILL');
  }

  async #vsctl(...words: readonly string[]): Promise<void> {
    await this.#ask('ovs-vsctl', [`--db=${this.#socket('switch')}`, ...words]);
  }

  /** Its words may be many thousands: what it says tells enough. */
  async #ask(program: string, args: readonly string[]): Promise<string> {
    try {
      return (await promisify(execFile)(program, args, { env: this.#environment, timeout: READY_MS, maxBuffer: 16 << 20 })).stdout;
    } catch (error) {
      throw new Error(`${program}: ${String((error as { stderr?: string }).stderr ?? '').slice(0, 500)}`);
    }
  }

  /** It ends with the bench, however that ends. */
  #spawn(program: string, args: readonly string[]): void {
    const log = openSync(`${this.#folder}/${program}.log`, 'a');
    this.#processes.push(spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], { stdio: ['ignore', log, log], env: this.#environment }));
    closeSync(log);
  }

  async #ready(ask: () => Promise<void>): Promise<void> {
    for (const until = performance.now() + READY_MS; ;) {
      try {
        await ask();
        return;
      } catch (error) {
        if (performance.now() > until) throw error;
        await new Promise(done => setTimeout(done, 50));
      }
    }
  }

  #socket(name: string): string {
    return `unix:${this.#folder}/${name}.sock`;
  }
}
