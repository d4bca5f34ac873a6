// The DHCP clients that people have, run against our server: each with files of its own, in a mount namespace of its own, told to leave the
// rest of the machine alone. What a client was given is what it put on the device, and what it told its script.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Office } from './office.ts';

export const CLIENTS = ['dhclient', 'udhcpc', 'dhcpcd'] as const;
type ClientProgram = (typeof CLIENTS)[number];

/** What a client was told, under its own names for it. */
interface Lease { readonly address: string; readonly router: string; readonly dns: string; readonly domain: string; readonly mtu: string; readonly host: string }

/** The variables of each client's script. */
const NAMES: Readonly<Record<ClientProgram, Record<keyof Lease, string>>> = {
  dhclient: { address: 'new_ip_address', router: 'new_routers', dns: 'new_domain_name_servers', domain: 'new_domain_name', mtu: 'new_interface_mtu', host: 'new_host_name' },
  dhcpcd: { address: 'new_ip_address', router: 'new_routers', dns: 'new_domain_name_servers', domain: 'new_domain_name', mtu: 'new_interface_mtu', host: 'new_host_name' },
  udhcpc: { address: 'ip', router: 'router', dns: 'dns', domain: 'domain', mtu: 'mtu', host: 'hostname' },
};

/** Sets what it was told, as the distributions' scripts do; dhcpcd does it by itself. */
const SCRIPT = `#!/bin/sh
case "\${reason:-$1}" in BOUND|RENEW|REBIND|REBOOT|bound|renew) ;; *) exit 0 ;; esac
env > "$LEASE_FILE"
[ "$SETS" = yes ] || exit 0
prefix=\${mask:-24}
ip addr replace "\${new_ip_address:-$ip}/$prefix" dev "$interface"
ip route replace default via "\${new_routers:-$router}" dev "$interface"
`;

/** dhcpcd calls with what routers said, too. */
const SCRIPT6 = `#!/bin/sh
case "$reason" in BOUND6|RENEW6|REBIND6|REBOOT6) ;; *) exit 0 ;; esac
env > "$LEASE_FILE"
[ -z "$new_ip6_address" ] || ip -6 addr replace "$new_ip6_address/128" dev "$interface" nodad
`;

const LEASE_MS = 20_000;

/** The variables of scripts for IPv6: dhclient has its own names, dhcpcd numbers what it got. */
const NAMES6 = {
  dhclient: { address: 'new_ip6_address', dns: 'new_dhcp6_name_servers', domain: 'new_dhcp6_domain_search' },
  dhcpcd: { address: 'new_dhcp6_ia_na1_ia_addr1', dns: 'new_dhcp6_name_servers', domain: 'new_dhcp6_domain_search' },
} as const;

/** What the device's own kernel and the client know of IPv6 afterwards, of a device that had nothing. */
export async function lease6(office: Office, client: Client, program: keyof typeof NAMES6): Promise<{ readonly address: string; readonly dns: string; readonly domain: string }> {
  const dir = join(office.dir, `${program}6-${client.name}`);
  mkdirSync(dir);
  const script = join(dir, 'script'), file = join(dir, 'lease');
  writeFileSync(script, SCRIPT6);
  chmodSync(script, 0o755);
  // Down and up again: without addresses, and the kernel asks for routers as it does on a new device.
  await office.run(client.netns, ['sh', '-c', 'ip link set eth0 down; ip -6 addr flush dev eth0; for s in accept_ra=1 accept_dad=0; do sysctl -q -w net.ipv6.conf.eth0.$s; done; ip link set eth0 up']);
  const command = {
    dhclient: ['dhclient', '-6', '-1', '-v', '-d', '-sf', script, '-cf', '/dev/null', '-pf', join(dir, 'pid'), '-lf', join(dir, 'leases'), '-e', `LEASE_FILE=${file}`, 'eth0'],
    dhcpcd: ['dhcpcd', '-6', '-B', '-d', '-t', '15', '-f', '/dev/null', '--ia_na', '-e', `LEASE_FILE=${file}`, '-c', script, 'eth0'],
  }[program];
  const variables = await leased(office, client, command, file, async () => (await office.run(client.netns, ['ip', '-6', 'route', 'show', 'default'])).out.includes('via fe80'));
  return Object.fromEntries(Object.entries(NAMES6[program]).map(([what, name]) => [what, variables.get(name) ?? ''])) as unknown as Awaited<ReturnType<typeof lease6>>;
}

/** The device is bare before, and has its IPv4 address and default route after. */
export async function lease(office: Office, client: Client, program: ClientProgram): Promise<Lease> {
  const dir = join(office.dir, `${program}-${client.name}`);
  mkdirSync(dir);
  const script = join(dir, 'script'), file = join(dir, 'lease');
  writeFileSync(script, SCRIPT);
  chmodSync(script, 0o755);
  for (const command of [['ip', '-4', 'addr', 'flush', 'dev', 'eth0'], ['ip', '-4', 'route', 'flush', 'dev', 'eth0']]) await office.run(client.netns, command);
  assert.equal((await office.run(client.netns, ['ip', '-4', '-br', 'addr', 'show', 'eth0'])).out.includes('10.'), false);

  const env = [`LEASE_FILE=${file}`, `SETS=${program === 'dhcpcd' ? 'no' : 'yes'}`];
  const command = {
    dhclient: ['dhclient', '-4', '-1', '-v', '-d', '-sf', script, '-cf', '/dev/null', '-pf', join(dir, 'pid'), '-lf', join(dir, 'leases'), ...env.flatMap(e => ['-e', e]), 'eth0'],
    udhcpc: ['env', ...env, 'udhcpc', '-i', 'eth0', '-n', '-f', '-q', '-t', '5', '-T', '1', '-s', script],
    dhcpcd: ['dhcpcd', '-4', '-B', '-d', '-t', '15', '--noarp', '-f', '/dev/null', '-e', env[0]!, '-e', env[1]!, '-c', script, 'eth0'],
  }[program];
  const variables = await leased(office, client, command, file, async () => (await office.run(client.netns, ['ip', '-4', 'route', 'show', 'default'])).out.includes('via'));
  return Object.fromEntries(Object.entries(NAMES[program]).map(([what, name]) => [what, variables.get(name) ?? ''])) as unknown as Lease;
}

/** Runs the client until its script has told what it was given, and `routed`. Its variables, by name. */
async function leased(office: Office, client: Client, command: readonly string[], file: string, routed: () => Promise<boolean>): Promise<ReadonlyMap<string, string>> {
  // Their state and pid files lie in /run and /var/lib: of nobody else.
  const alone = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'for d in /run /var/lib; do mount -t tmpfs tmpfs $d; done; exec "$@"', 'sh', ...command];
  const child = office.programs.start(client.netns, alone);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { said += text; });
  try {
    for (const end = performance.now() + LEASE_MS; ; await new Promise(done => setTimeout(done, 50))) {
      if (existsSync(file) && await routed()) break;
      assert.ok(performance.now() < end && child.exitCode !== 1, `${command[0]} has no lease: ${said}`);
    }
  } finally {
    await office.programs.stop(child, 'SIGKILL');
  }
  return new Map(readFileSync(file, 'utf8').split('\n').map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
