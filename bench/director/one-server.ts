// The same logical network, 1,000 endpoints on one server, for IO Visor and for OVN, in turn: all of them, one more, a change of their policy; from the change
// until the server said that it has it. IO Visor with the kernel engine and real workloads, whose namespaces get their devices within the time; OVN with
// interfaces that are there before.

import { createHash } from 'node:crypto';
import { Crowd, DOMAIN, SERVER, resource } from '../crowd.ts';
import { RUN_DIR } from '../leftovers.ts';
import { Ovn } from './ovn.ts';

const ENDPOINTS = 1000, NETWORKS = 8, MORE = 20, CHANGES = 20;
const GROUP = 'all';
const ONE_SERVER = `${ENDPOINTS} endpoints in ${NETWORKS} networks of one server, with a policy`;

type AddFigure = (subject: string, work: string, quantity: string, unit: string, value: number) => void;

export async function measureOneServer(say: (what: string) => void, stop: AbortSignal, isWithOvn: boolean, add: AddFigure): Promise<void> {
  say(`${ENDPOINTS + MORE} workloads`);
  await using crowd = await Crowd.make({ networks: NETWORKS, most: ENDPOINTS + MORE, resources: [policy(22)] });
  using ovn = isWithOvn ? await Ovn.start(`${RUN_DIR}/ovn`) : undefined;
  const timed = async (subject: string, quantity: string, what: () => Promise<void>): Promise<void> => {
    stop.throwIfAborted();
    const begun = performance.now();
    await what();
    add(subject, ONE_SERVER, quantity, 'ms', performance.now() - begun);
  };
  const names = Array.from({ length: ENDPOINTS + MORE }, (_, i) => `w${i}`);
  if (ovn) {
    await ovn.interfaces(names);
    await ovn.change([...Array.from({ length: NETWORKS }, (_, n) => ['--', 'ls-add', `net${n}`]).flat(), '--', 'pg-add', GROUP, ...acl('acl-add', 22), '--', 'acl-add', GROUP, 'to-lport', '1000', `outport == @${GROUP} && ip`, 'drop']);
  }
  say('all of them');
  await timed('IO Visor', 'all', async () => { await crowd.attach(ENDPOINTS, stop); await acknowledged(crowd, (await crowd.zone.director.health()).revision); });
  if (ovn) await timed('OVN', 'all', () => ovn.change(ports(names.slice(0, ENDPOINTS))));
  say('one more');
  for (let i = 0; i < MORE; i++) {
    await timed('IO Visor', 'one more', () => crowd.attach(1, stop));
    if (ovn) await timed('OVN', 'one more', () => ovn.change(ports([names[ENDPOINTS + i]!])));
  }
  say('policy');
  for (let i = 0; i < CHANGES; i++) {
    await timed('IO Visor', 'policy', async () => acknowledged(crowd, (await crowd.zone.director.apply([policy(100 + i)])).revision));
    if (ovn) await timed('OVN', 'policy', () => ovn.change([...acl('acl-del', i === 0 ? 22 : 99 + i), ...acl('acl-add', 100 + i)]));
  }
  await crowd.check();
  await ovn?.check(names.length);
}

/** Until the Director has heard that the server has it. */
async function acknowledged({ zone }: Crowd, revision: number): Promise<void> {
  for (;;) {
    const { status } = await zone.director.get({ kind: 'Server', name: SERVER });
    if (((status?.['applied'] as { readonly revision: number } | null | undefined)?.revision ?? 0) >= revision) return;
    await new Promise(done => setTimeout(done, 2));
  }
}

function policy(port: number): unknown {
  return resource('Policy', 'p', { group: {}, ingress: [{ ports: [`tcp/${port}`] }] }, DOMAIN);
}

function acl(change: 'acl-add' | 'acl-del', port: number): string[] {
  return ['--', change, GROUP, 'to-lport', '1001', `outport == @${GROUP} && tcp.dst == ${port}`, ...change === 'acl-add' ? ['allow-related'] : []];
}

/** With an address of both families each, as IO Visor's have; in the group of the policy. */
function ports(names: readonly string[]): string[] {
  return names.flatMap(name => {
    const i = Number(name.slice(1)), network = i % NETWORKS, host = Math.floor(i / NETWORKS) + 2;
    const mac = `02:${createHash('sha256').update(name).digest('hex').slice(0, 10).match(/../g)!.join(':')}`;
    return ['--', 'lsp-add', `net${network}`, name, '--', 'lsp-set-addresses', name, `${mac} 10.${network}.${host >> 8}.${host & 255} fd00:${network}::${host.toString(16)}`,
      '--', `--id=@${name}`, 'get', 'logical_switch_port', name, '--', 'add', 'port_group', GROUP, 'ports', `@${name}`];
  });
}
