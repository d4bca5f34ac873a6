// iov module: for authors, from an empty folder to a module on a device. One file for each command in module/.

import { Command, Option } from 'commander';
import { action, directorOption } from '../connect.ts';

export function moduleCommand(): Command {
  const command = new Command('module');
  const add = (name: string, description: string): Command => {
    const one = new Command(name).description(description);
    command.addCommand(one);
    return one;
  };
  const target = (): Option => new Option('--target <kernel>', 'the oldest kernel that it must load on, such as 6.1');
  const engine = (...more: string[]): Option => new Option('--engine <engine>').choices(['vm', 'kernel', ...more]).default('vm');

  action(add('new', 'Begin a module: NAME.ts, its packet cases, its control code, a README and a tsconfig, in a folder NAME.')
    .argument('<name>', 'a-z, 0-9 and -').addOption(new Option('--kind <kind>').choices(['filter', 'module', 'xdp']).default('filter'))
    .option('--in <folder>', 'where the folder NAME is made', '.'), async (...args: Parameters<typeof import('./module/new.ts').create>) => (await import('./module/new.ts')).create(...args));
  action(add('check', 'Compile and say what is wrong.')
    .argument('<file...>').addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text'))
    .option('-w, --watch', 'again whenever a file changes').addOption(target()), async (...args: Parameters<typeof import('./module/check.ts').check>) => (await import('./module/check.ts')).check(...args));
  action(add('build', 'Compile to an image, or to an ELF object for other loaders (-o NAME.o).')
    .argument('<file>').option('-o, --output <path>', 'where to write it (NAME.image.json beside the source)')
    .addOption(new Option('--emit <form>', 'print it instead: as assembler text, in the middle form, or as the image is stored').choices(['asm', 'ir', 'json'])).addOption(target()),
  async (...args: Parameters<typeof import('./module/build.ts').build>) => (await import('./module/build.ts')).build(...args));
  action(add('test', 'Run the packet cases of a module (NAME.packets.ts beside it).')
    .argument('<file>').addOption(engine('interpreter')).option('-w, --watch', 'again whenever a file changes')
    .option('--pcap <file>', 'write what went in and came out, with the reasons of drops, for Wireshark (pcapng)'),
  async (...args: Parameters<typeof import('./module/test.ts').test>) => (await import('./module/test.ts')).test(...args));
  action(add('replay', 'Send the packets of a capture through a module, and say how they end. Its clock goes as the capture says.')
    .argument('<file>').argument('<capture>', 'a pcapng file').addOption(engine('interpreter'))
    .option('--port <port[=interface]>', 'the way in of all packets, or of those of an interface of the capture; once for each. Absent: ingress of a filter, main of XDP', (value: string, before: string[]) => [...before, value], [])
    .option('--contents <file>', 'YAML or JSON: what its tables and settings contain, by exported name')
    .option('--spec <file>', 'YAML or JSON: what NAME.control.ts makes the contents from')
    .option('--pcap <file>', 'write what went in and came out, with the reasons of drops, for Wireshark (pcapng)'),
  async (...args: Parameters<typeof import('./module/replay.ts').replayed>) => (await import('./module/replay.ts')).replayed(...args));
  action(add('run', 'Attach a module to devices of this machine until Ctrl-C, and show how its packets end. A saved change is taken over, with the maps.')
    .argument('<file>').option('--device <device>', 'of a filter or XDP: taken for the endpoint\'s own, so ingress is what it receives')
    .option('--port <port=device>', 'of a module with ports; once for each', (value: string, before: string[]) => [...before, value], [])
    .option('--netns <name>', 'the network namespace of the devices: a name, or a path')
    .option('--contents <file>', 'YAML or JSON: what its tables and settings contain, by exported name')
    .option('--spec <file>', 'YAML or JSON: what NAME.control.ts makes the contents from')
    .addOption(new Option('--xdp-mode <mode>', 'absent: the driver\'s where it has one').choices(['generic', 'driver']))
    .option('--interval <seconds>', 'between two looks at the counters', '1')
    .option('--no-watch', 'do not look for saved changes'),
  async (...args: Parameters<typeof import('./module/run.ts').run>) => (await import('./module/run.ts')).run(...args));
  action(add('push', 'Bring a module to the Director, which compiles it and lets it in as the next version of its name: knock@1. Only admins may.')
    .argument('<file>').option('--name <name>', "a-z, 0-9 and -; absent: the file's").addOption(new Option('-o, --output <format>').choices(['text', 'json']).default('text')).addOption(directorOption()),
  async (...args: Parameters<typeof import('./module/push.ts').push>) => (await import('./module/push.ts')).push(...args));
  action(add('stats', 'How large a module is: its programs, maps and drop sites; with the kernel engine also what the verifier and the JIT make of it.')
    .argument('<file>').addOption(engine()).addOption(new Option('-o, --output <format>').choices(['table', 'json']).default('table')).addOption(target()),
  async (...args: Parameters<typeof import('./module/stats.ts').stats>) => (await import('./module/stats.ts')).stats(...args));
  return command;
}
