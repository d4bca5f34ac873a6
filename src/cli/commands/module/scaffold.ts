// The texts of a new module, one for each kind of program. They compile as they stand, and their packet cases pass (new.test.ts).

export type ScaffoldKind = 'filter' | 'module' | 'xdp';

/** File name to text. */
export function scaffold(name: string, kind: ScaffoldKind): Readonly<Record<string, string>> {
  const { module, packets, control, about, run } = kind === 'module' ? ofModule(name) : ofGuard(name, kind);
  return {
    [`${name}.ts`]: module,
    [`${name}.packets.ts`]: packets,
    [`${name}.control.ts`]: control,
    'README.md': readme(name, about, run),
    'tsconfig.json': '{ "extends": "iovisor/tsconfig.module.json", "include": ["*.ts"] }\n',
  };
}

interface Texts { readonly module: string; readonly packets: string; readonly control: string; readonly about: string; readonly run: string }

function ofGuard(name: string, kind: 'filter' | 'xdp'): Texts {
  const body = `const ip = pkt.at(Eth).payload(Ip);
const tcp = ip?.payload(Tcp);
if (!tcp?.opens) return next();
return closed.get(tcp.dstPort) === undefined ? next() : drop('closed-port');`;
  const indented = (by: string): string => body.replace(/^/gm, by);
  const program = kind === 'filter'
    ? `export default filter({\n  /** Towards the endpoint. */\n  ingress(pkt) {\n${indented('    ')}\n  },\n});`
    : `export default xdp(pkt => {\n${indented('  ')}\n});`;
  const by = kind === 'filter' ? 'ingress' : 'main';
  return {
    about: 'Refuses new TCP connections to closed ports, over IPv4 and IPv6.',
    run: '--device eth0 --spec spec.yaml',
    module: `// Refuses new TCP connections to closed ports.

import { Eth, HashMap, Ip, Tcp, drop, ${kind === 'filter' ? 'filter, next' : 'next, xdp'}, type u16, type u8 } from 'iovisor/module';

/** Ports that nobody may connect to; the value says nothing. */
export const closed = new HashMap<u16, u8>(1024);

${program}
`,
    packets: `import { cases, dropped, eth, ipv4, ipv6, passed, send, tcp } from 'iovisor/packets';
import type * as self from './${name}.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const v4 = ipv4({ src: '10.0.0.1', dst: '10.0.0.2' });
const v6 = ipv6({ src: 'fd00::1', dst: 'fd00::2' });
const to = (dstPort: number, flags: string) => tcp({ srcPort: 40000, dstPort, flags });

export default cases<typeof self>({ closed: [[23, 1]] }, {
  'A connection to a closed port is refused, over IPv4 and IPv6.': [
    send('${by}', [link, v4, to(23, 'S')], dropped('closed-port')),
    send('${by}', [link, v6, to(23, 'S')], dropped('closed-port')),
  ],
  'Another port is open.': [send('${by}', [link, v4, to(22, 'S')], passed())],
  'A connection that stands already goes on.': [send('${by}', [link, v4, to(23, 'A')], passed())],
});
`,
    control: control({ fields: 'readonly ports: readonly number[];', contents: 'closed: spec.ports.map(port => [port, 1] as const)', name }),
  };
}

function ofModule(name: string): Texts {
  return {
    about: 'A wire with two ends: what comes in by the one leaves by the other, unless its sender is barred.',
    run: '--port left=eth0 --port right=eth1 --spec spec.yaml',
    module: `// A wire with two ends, and senders that are barred.

import { Eth, HashMap, drop, module, port, to, type Mac, type u8 } from 'iovisor/module';

export const left = port();
export const right = port();

/** Stations that are not heard; the value says nothing. */
export const barred = new HashMap<Mac, u8>(1024);

export default module(pkt => {
  const eth = pkt.at(Eth);
  if (barred.get(eth.src) !== undefined) return drop('barred');
  return to(pkt.port === left ? right : left);
});
`,
    packets: `import { cases, data, dropped, eth, send, to } from 'iovisor/packets';
import type * as self from './${name}.ts';

const one = '02:00:00:00:00:01';
const two = '02:00:00:00:00:02';
const guest = '02:00:00:00:00:99';

export default cases<typeof self>({ barred: [[guest, 1]] }, {
  'What comes in by one end leaves by the other.': [
    send('left', [eth({ dst: two, src: one }), data('hello')], to(1)),
    send('right', [eth({ dst: one, src: two }), data('hello')], to(0)),
  ],
  'A barred station is not heard.': [send('left', [eth({ dst: two, src: guest }), data('hello')], dropped('barred'))],
});
`,
    control: control({ fields: 'readonly barred: readonly string[];', contents: 'barred: spec.barred.map(mac => [mac, 1] as const)', name }),
  };
}

function control({ fields, contents, name }: { readonly fields: string; readonly contents: string; readonly name: string }): string {
  return `// What a spec makes of the tables of ${name}. Ordinary TypeScript, pure: the Director runs it.

import type { Contents } from 'iovisor/control';
import type * as self from './${name}.ts';

export interface Spec { ${fields} }

export default function control(spec: Spec): Contents<typeof self> {
  return { ${contents} };
}
`;
}

function readme(name: string, about: string, run: string): string {
  return `# ${name}

${about}

    iov module check ${name}.ts            what is wrong with it
    iov module test --watch ${name}.ts     its packet cases, whenever a file is saved
    iov module stats ${name}.ts            how large it is
    iov module run ${name}.ts ${run}

The language: docs/language.md of the package \`iovisor\`.
`;
}
