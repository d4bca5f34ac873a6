// Everything the demo makes has a name that says so; here it is found and taken away, by the demo itself, by its janitor after a crash,
// and by the next run after a kill.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { deleteNamespace, listNamespaces } from '../../src/netlink/namespaces.ts';
import { BPFFS, isBpffs, removePins } from '../../src/kernel/pins.ts';

export const PREFIX = 'iov-demo-';
export const RUN_DIR = '/run/iov-demo';
export const PINS = `${BPFFS}/iov-demo`;
const PIDS = `${RUN_DIR}/pids`;

/** Notes a process as the demo's, with its start time, so that a reused id is never taken for it. */
export function noteProcess(pid: number): void {
  mkdirSync(PIDS, { recursive: true });
  writeFileSync(`${PIDS}/${pid}`, startTime(pid) ?? '');
}

/** Takes everything away. @returns what could not be */
export async function removeAll(): Promise<string[]> {
  const left: string[] = [];
  const pids = processes();
  for (const pid of pids) signal(pid, 'SIGKILL');
  for (let tries = 0; tries < 100 && pids.some(isAlive); tries++) await new Promise(done => setTimeout(done, 20));
  for (const pid of pids) if (isAlive(pid)) left.push(`process ${pid}`);
  // Namespaces take their devices along, and those their links; pins go last, for a link may still be held by one.
  for (const name of listNamespaces(PREFIX)) deleteNamespace(name);
  if (isBpffs(BPFFS) && existsSync(PINS)) removePins(PINS);
  rmSync(RUN_DIR, { recursive: true, force: true });
  left.push(...remains());
  return left;
}

/** What is there of the demo. */
export function remains(): string[] {
  return [
    ...listNamespaces(PREFIX).map(n => `namespace ${n}`),
    ...(existsSync(PINS) ? [`pins in ${PINS}`] : []),
    ...readdirSync('/sys/class/net').filter(n => n.startsWith(PREFIX)).map(n => `link ${n}`),
    ...(existsSync(RUN_DIR) ? processes().map(p => `process ${p}`) : []),
  ];
}

function processes(): number[] {
  if (!existsSync(PIDS)) return [];
  return readdirSync(PIDS).map(Number).filter(pid => pid !== process.pid && isAlive(pid) && startTime(pid) === readFileSync(`${PIDS}/${pid}`, 'utf8'));
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined: no such process, or a zombie. */
function startTime(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  return startTime(pid) !== undefined;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try { process.kill(pid, name); } catch { /* it is gone */ }
}
