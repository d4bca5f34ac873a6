// One visor of a name on a machine, and one of a state directory: locks that die with the process.

import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeUnavailable } from '../../sys/libc.ts';
import { LockHeld, acquireLock } from '../../sys/lock.ts';
import { VisorRefused } from './refused.ts';

/** Where locks of this user's visors are. */
export function defaultLockDir(): string {
  return process.getuid?.() === 0 ? '/run/iovisor/locks' : join(tmpdir(), `iovisor-${process.getuid?.() ?? 'user'}`, 'locks');
}

/** `cure`: for who finds one of that name running. @throws VisorRefused. Where there is no flock(2) (another OS), the socket of the local API alone keeps a second visor away. */
export function onlyOne(name: string, stateDir: string, lockDir: string, cure = 'stop it, or give this one another --name'): () => void {
  const held: { close(): void }[] = [];
  const release = (): void => { for (const lock of held.splice(0)) lock.close(); };
  try {
    mkdirSync(lockDir, { recursive: true });
    held.push(acquireLock(join(lockDir, `visor-${name}`)));
    held.push(acquireLock(join(stateDir, 'lock')));
  } catch (e) {
    release();
    if (e instanceof NativeUnavailable) return () => {};
    if (!(e instanceof LockHeld)) throw new VisorRefused(`cannot take the lock of visor ${name}: ${(e as Error).message}`, 'see that this user may write there');
    const who = e.holder === undefined ? '' : ` (process ${e.holder})`;
    if (e.path.startsWith(stateDir)) throw new VisorRefused(`another visor uses ${stateDir}${who}`, 'stop it, or give this one another --state');
    throw new VisorRefused(`a visor named ${name} runs on this machine${who}`, cure);
  }
  return release;
}
