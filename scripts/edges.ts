// Who may import whom. One table, enforced by tidy.ts; a new edge is a decision, so it comes with its reason here.

export const EDGES: Readonly<Record<string, readonly string[]>> = {
  'src/isa': [],
  'src/image': ['src/isa'],
  'src/lang': [],
  // Captures: of the laboratory, of packet cases, into and out of commands.
  'src/pcapng': [],
  'src/compiler': ['src/lang', 'src/image', 'src/isa'],
  'src/vm': ['src/image', 'src/isa'],
  'src/model': [],
  'src/sys': [],
  'src/netlink': ['src/sys'],
  'src/kernel': ['src/sys', 'src/netlink', 'src/image', 'src/isa'],
  // Joints are assembler text, so the linker needs isa. Simulated hosts speak in the described frames of packet cases.
  'src/datapath': ['src/kernel', 'src/netlink', 'src/sys', 'src/vm', 'src/image', 'src/model', 'src/isa', 'src/lang', 'src/pcapng'],
  // Packet cases link a module with test joints and run it on either engine.
  'src/cases': ['src/pcapng', 'src/datapath', 'src/lang', 'src/image', 'src/vm', 'src/kernel', 'src/isa'],
  // sys: who is at the other end of a unix socket, for the audit log.
  'src/director': ['src/model', 'src/compiler', 'src/image', 'src/sys'],
  // sys: the lock that keeps a second visor of the same name away. Its resolver of DNS answers in frames (lang), and has a TCP stack of its own (netlink).
  'src/visor': ['src/datapath', 'src/model', 'src/image', 'src/client', 'src/sys', 'src/netlink', 'src/lang'],
  'src/client': ['src/model'],
  'src/cli': [
    'src/director', 'src/visor', 'src/client', 'src/compiler', 'src/vm', 'src/model',
    // `up` and `visor` choose the driver; `doctor` asks the kernel what it can do; `module test` runs packet cases.
    'src/datapath', 'src/kernel', 'src/cases', 'src/image',
    // Packet cases are typed by the language's library.
    'src/lang', 'src/pcapng',
    // Contexts hold tokens: their file is written whole, for its owner alone.
    'src/sys',
  ],
  modules: ['src/lang', 'src/model'],
};

/** Why an edge is missing, for the absences that carry the design. */
export const BANS: readonly { readonly from: string; readonly to: string; readonly reason: string }[] = [
  { from: 'src/compiler', to: 'src/vm', reason: 'the compiler does not know who runs its output' },
  { from: 'src/compiler', to: 'src/kernel', reason: 'the compiler does not know who runs its output' },
  { from: 'src/vm', to: 'src/compiler', reason: 'the vm is an independent reading of the instruction set, or differential tests prove nothing' },
  { from: 'src/director', to: 'src/datapath', reason: 'the Director never touches a packet or a host' },
  { from: 'src/director', to: 'src/kernel', reason: 'the Director never touches a packet or a host' },
  { from: 'src/visor', to: 'src/compiler', reason: 'visors never compile' },
  { from: 'src/kernel', to: 'src/compiler', reason: 'the kernel engine loads images, whoever made them' },
];

/** Packages that touch the machine, and the only folder that may import them. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  koffi: ['src/sys'],
  'oxc-parser': ['src/compiler/1-parse'],
  fastify: ['src/director/shell', 'src/visor/shell'],
  commander: ['src/cli'],
  'node:sqlite': ['src/director/shell'],
};

/** Folders that decide and never touch the world: no `node:*`, no clock, no randomness, no network. */
export const PURE: readonly string[] = [
  'src/isa', 'src/image', 'src/lang', 'src/pcapng', 'src/compiler', 'src/vm', 'src/model', 'src/director/core', 'src/visor/core', 'src/netlink/codec',
];
