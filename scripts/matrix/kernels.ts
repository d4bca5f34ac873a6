// Kernels of Debian's packages, as files in the user's cache. Other suites are asked for through an apt root of our own, so that the
// system's own lists and packages stay as they are. Names are looked up, never known: exact versions vanish from the mirrors.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareVersions } from './job.ts';
import { MatrixUnavailable } from './unavailable.ts';

export interface Kernel {
  /** As it was asked for: `6.1`, `oldest`, `newest`. */
  readonly wanted: string;
  readonly package: string;
  /** The compressed image. */
  readonly path: string;
  /** Paths of those that were asked for, in the order of loading. */
  readonly modules: readonly string[];
}

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'iovisor', 'matrix');
/** No filetest is meant for older ones. */
const OLDEST = '5.10';
/** Suites that have had kernels; those that the mirror has no longer are left out by apt. */
const SUITES = ['bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'sid'];
const SECURITY_SUITES = ['bullseye-security', 'bookworm-security'];
const MOST_TRIES = 3;
/** What Debian does not build in. */
const MODULES = {
  none: [],
  /** A network card of the emulator. */
  card: ['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci', 'failover', 'net_failover', 'virtio_net'],
  /** What a data path is made of. */
  datapath: ['udp_tunnel', 'ip6_udp_tunnel', 'vxlan', 'veth', 'sch_ingress', 'cls_bpf'],
} as const;
type Purpose = keyof typeof MODULES;
const APT_TIMEOUT_MS = 240_000;
const IMAGE = /^linux-(?:image|binary)-(\d+\.\d+(?=[.-])\S*)-cloud-amd64$/;

/** From the cache, or from Debian; `refresh`: anew. @throws MatrixUnavailable */
export function kernelOf(wanted: string, { refresh = false, modules = 'none', say = () => undefined }: { readonly refresh?: boolean; readonly modules?: Purpose; readonly say?: (what: string) => void } = {}): Kernel {
  const folder = join(CACHE, 'kernels', wanted);
  const cached = existsSync(folder) ? readdirSync(folder)[0] : undefined;
  const found = cached === undefined ? undefined : { wanted, package: cached, path: join(folder, cached), modules: modulesOf(cached, modules) };
  if (found && !refresh && (found.modules.length > 0 || modules === 'none')) return found;
  const fetched = fetch(wanted, folder, modules, say);
  if (fetched) return fetched;
  throw new MatrixUnavailable(`no kernel ${wanted} can be had`, `check that apt reaches Debian's packages (its lists are in ${CACHE}/apt), or put a kernel's vmlinuz into ${folder}/`);
}

function fetch(wanted: string, folder: string, modules: Purpose, say: (what: string) => void): Kernel | undefined {
  const apt = privateApt(say);
  for (const name of candidates(wanted, apt).slice(0, MOST_TRIES)) {
    say(`getting ${name}`);
    const work = mkdtempSync(join(tmpdir(), 'iov-matrix-'));
    try {
      if (apt.run('apt-get', ['-q', 'download', name], work).status !== 0) continue;
      const [archive] = globSync('*.deb', { cwd: work });
      if (archive === undefined || spawnSync('dpkg-deb', ['-x', archive, 'x'], { cwd: work }).status !== 0) continue;
      const [image] = [...globSync('x/boot/vmlinuz*', { cwd: work }), ...globSync('x/usr/lib/modules/*/vmlinuz', { cwd: work })];
      if (image === undefined) continue;        // a package that only names others
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const path = join(folder, name);
      copyFileSync(join(work, image), `${path}.part`);
      renameSync(`${path}.part`, path);
      keepModules(work, name);
      return { wanted, package: name, path, modules: modulesOf(name, modules) };
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return undefined;
}

/** Those of all purposes, without their folders. */
function keepModules(work: string, name: string): void {
  const folder = join(CACHE, 'modules', name);
  mkdirSync(folder, { recursive: true });
  for (const module of Object.values(MODULES).flat()) {
    const [path] = globSync(`x/{usr/,}lib/modules/*/kernel/**/${module}.ko`, { cwd: work });
    if (path !== undefined) copyFileSync(join(work, path), join(folder, `${module}.ko`));
  }
}

function modulesOf(name: string, purpose: Purpose): string[] {
  return MODULES[purpose].map(module => join(CACHE, 'modules', name, `${module}.ko`)).filter(path => existsSync(path));
}

/** Names of packages with a kernel of that version, the best first. */
function candidates(wanted: string, apt: Apt): string[] {
  const listed = apt.run('apt-cache', ['search', '-n', '^linux-(image|binary)-[0-9].*cloud-amd64$']).stdout.split('\n').flatMap(line => {
    const name = line.split(' ')[0] ?? '';
    const version = IMAGE.exec(name)?.[1];
    return version === undefined || /^\d+\.\d+$/.test(version) ? [] : [{ name, version, series: version.split(/[.-]/).slice(0, 2).join('.') }];
  }).filter(({ series }) => compareVersions(series, OLDEST) >= 0);
  // Of one version the newer packaging has the image in linux-binary; linux-image then only names it.
  listed.sort((a, b) => compareVersions(b.version, a.version) || a.name.localeCompare(b.name));
  const series = wanted === 'newest' ? listed[0]?.series : wanted === 'oldest' ? listed.at(-1)?.series : wanted;
  return listed.filter(l => l.series === series).map(l => l.name);
}

interface Apt { run(tool: 'apt-get' | 'apt-cache', args: readonly string[], cwd?: string): { readonly status: number | null; readonly stdout: string } }

let apt: Apt | undefined;

/** Brought up to date once in a run. @throws MatrixUnavailable */
function privateApt(say: (what: string) => void): Apt {
  if (apt) return apt;
  const root = join(CACHE, 'apt');
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(root, folder), { recursive: true });
  const sources = join(root, 'sources.list');
  writeFileSync(sources, `${sourceLines().join('\n')}\n`);
  const config = join(root, 'apt.conf');
  writeFileSync(config, [
    `Dir::State "${root}";`, `Dir::State::Lists "${root}/lists";`, 'Dir::State::status "/var/lib/dpkg/status";', `Dir::Cache "${root}/cache";`,
    `Dir::Etc::sourcelist "${sources}";`, 'Dir::Etc::sourceparts "-";', 'Acquire::Languages "none";', 'APT::Sandbox::User "root";', '',
  ].join('\n'));
  const made: Apt = {
    run(tool, args, cwd = root) {
      const { status, stdout } = spawnSync(tool, args, { cwd, encoding: 'utf8', timeout: APT_TIMEOUT_MS, env: { ...process.env, APT_CONFIG: config }, maxBuffer: 1 << 26 });
      return { status, stdout: stdout ?? '' };
    },
  };
  say('asking Debian which kernels there are');
  made.run('apt-get', ['-q', 'update']);         // a suite that is gone must not be in the way of the others
  apt = made;
  return made;
}

/** The system's own mirrors, with the names of other suites. */
function sourceLines(): string[] {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const text = globSync(['/etc/apt/sources.list', '/etc/apt/sources.list.d/*.{list,sources}']).map(path => readFileSync(path, 'utf8')).join('\n');
  const mirrors = new Set([...text.matchAll(/^(?!\s*#).*?(https?:\/\/\S+?\/debian(?:-security)?)\/?(?:\s|$)/gm)].map(match => match[1] as string));
  if (!existsSync(keyring) || mirrors.size === 0) throw new MatrixUnavailable('this system has no mirror of Debian in its apt sources', `run it on Debian, or put each kernel's vmlinuz into ${CACHE}/kernels/VERSION/`);
  return [...mirrors].flatMap(mirror =>
    (mirror.endsWith('-security') ? SECURITY_SUITES : SUITES).map(suite => `deb [signed-by=${keyring} arch=amd64] ${mirror} ${suite} main`));
}
