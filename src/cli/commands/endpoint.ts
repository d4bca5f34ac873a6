// iov endpoint attach|detach: births and deaths of endpoints, at the visor of this machine.

import { Command } from 'commander';
import { action, outputOption, visorOf, visorOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { inDomain } from '../in-domain.ts';
import { show } from '../output.ts';

interface Attach {
  readonly visor?: string; readonly domain?: string; readonly network: string; readonly netns?: string; readonly tap?: string; readonly name?: string; readonly device?: string;
  readonly mac?: string; readonly address?: readonly string[]; readonly timeout?: string; readonly output: string;
}
interface Detach { readonly visor?: string; readonly domain?: string; readonly name?: string; readonly netns?: string; readonly tap?: string; readonly device?: string }

export function endpointCommand(): Command {
  const command = new Command('endpoint');
  command.addCommand(action(new Command('attach').description('Make a device in a namespace, or take the TAP of a virtual machine, and join it to a network; returns when packets flow.')
    .requiredOption('-n, --network <network>', 'the network, or domain/network')
    .option('--netns <path>', 'the namespace: /run/netns/NAME, NAME, or /proc/PID/ns/net')
    .option('--tap <name>', 'or: a TAP of this server that is there already; the machine behind it uses the MAC of this endpoint, and DHCP')
    .option('-d, --domain <domain>', 'the domain of the network')
    .option('--name <name>', 'of the endpoint; absent: made up')
    .option('--device <name>', 'of the device inside (eth0)')
    .option('--mac <mac>', 'absent: given by the Director')
    .option('--address <address...>', 'absent: one of each subnet, given by the Director')
    .option('--timeout <seconds>', 'how long to wait (10)')
    .addOption(outputOption()).addOption(visorOption()), attach));
  command.addCommand(action(new Command('detach').description('Take the device away and forget the endpoint. It succeeds if there was none.')
    .option('-d, --domain <domain>', 'with --name: the domain')
    .option('--name <name>', 'the endpoint, or domain/name')
    .option('--netns <path>', 'or: the namespace …')
    .option('--device <name>', '… and the device in it (eth0)')
    .option('--tap <name>', 'or: the TAP')
    .addOption(visorOption()), detach));
  return command;
}

async function attach(o: Attach): Promise<void> {
  const [domain, network] = inDomain('Network', o.network, o.domain);
  const attached = await visorOf(o).attach({
    domain, network, ...placeOf(o),
    ...(o.name === undefined ? {} : { name: o.name }), ...(o.mac === undefined ? {} : { mac: o.mac }),
    ...(o.address === undefined ? {} : { addresses: [...o.address] }), ...(o.timeout === undefined ? {} : { timeoutMs: millisecondsOf(o.timeout) }),
  });
  show(o.output, attached, () => console.log(`${attached.endpoint} is attached: ${attached.netns === '' ? `TAP ${attached.device}` : `${attached.device} in ${attached.netns}`}, ${attached.mac}, ${attached.addresses.join(', ')}, MTU ${attached.mtu}`));
}

async function detach(o: Detach): Promise<void> {
  if (o.name === undefined && o.netns === undefined && o.tap === undefined) throw new Failure('detach which endpoint?', { exitCode: EXIT.usage, cure: 'write --name DOMAIN/NAME, --netns PATH [--device NAME], or --tap NAME' });
  const [domain, name] = o.name === undefined ? ['', ''] : inDomain('Endpoint', o.name, o.domain);
  const { found, endpoint } = await visorOf(o).detach(o.name === undefined ? placeOf(o) : { domain, name });
  console.log(found ? `${endpoint ?? `${domain}/${name}`} is detached` : 'there was no such endpoint');
}

/** Where a workload is: a device in a namespace, or a TAP, which is in none of its own. */
function placeOf({ netns, tap, device }: { readonly netns?: string; readonly tap?: string; readonly device?: string }): { readonly netns: string; readonly device: string } {
  if ((netns === undefined) === (tap === undefined) || (tap !== undefined && device !== undefined)) {
    throw new Failure('where is the workload?', { exitCode: EXIT.usage, cure: 'write --netns PATH [--device NAME] for a namespace, or --tap NAME for a virtual machine' });
  }
  if (netns === undefined) return { netns: '', device: tap! };
  return { netns: netns.includes('/') ? netns : `/run/netns/${netns}`, device: device ?? 'eth0' };
}

function millisecondsOf(seconds: string): number {
  const value = Number(seconds);
  if (!(value > 0 && value <= 600)) throw new Failure(`--timeout is a number of seconds from 1 to 600, not '${seconds}'`, { exitCode: EXIT.usage });
  return Math.ceil(value * 1000);
}
