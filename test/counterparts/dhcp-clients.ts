// The DHCP clients that people have, run against our server: each with files of its own, in a mount namespace of its own, told to leave the
// rest of the machine alone. What a client was given is what it put on the device, and what it told its script.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Office } from './office.ts';

export const CLIENTS = ['dhclient', 'udhcpc', 'dhcpcd'] as const;
export type ClientProgram = (typeof CLIENTS)[number];

/** What a client was told, under its own names for it. */
export interface Lease { readonly address: string; readonly router: string; readonly dns: string; readonly domain: string; readonly mtu: string; readonly host: string }

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
  // Their state and pid files lie in /run and /var/lib: of nobody else.
  const alone = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'for d in /run /var/lib; do mount -t tmpfs tmpfs $d; done; exec "$@"', 'sh', ...command];
  const child = office.programs.start(client.netns, alone);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => { said += text; });
  try {
    for (const end = performance.now() + 20_000; ; await new Promise(done => setTimeout(done, 50))) {
      const route = await office.run(client.netns, ['ip', '-4', 'route', 'show', 'default']);
      if (existsSync(file) && route.out.includes('via')) break;
      assert.ok(performance.now() < end && child.exitCode !== 1, `${program} has no lease: ${said}`);
    }
  } finally {
    await office.programs.stop(child, 'SIGKILL');
  }
  const variables = new Map(readFileSync(file, 'utf8').split('\n').map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  return Object.fromEntries(Object.entries(NAMES[program]).map(([what, name]) => [what, variables.get(name) ?? ''])) as unknown as Lease;
}
