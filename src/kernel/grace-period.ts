// Short grace periods of RCU for what waits for one: with the kernel's lock of all devices (rtnl) held, a change of a list of tcx programs
// (tcx_entry_sync); with all else of this process waiting, the end of an entry of a prog array. 12 ms at HZ 250, up to 100 on a busy machine, and
// 0.2 ms so. The kernel's own network code asks for expedited ones (synchronize_net); bpf does not, but the switch for the whole machine is ours to
// turn for as long as the call takes.

import { openSync, readSync, writeSync } from 'node:fs';

const SWITCH = '/sys/kernel/rcu_expedited';
/** On, for the kernel. For us: one of ours was killed before it could turn it off again. */
const OURS = '271';

/** undefined: not tried yet; −1: there is none, or it is not ours to turn (a container), and grace periods are as long as they are. */
let descriptor: number | undefined;

/** Somebody else's setting stays as it is. */
export function withShortGracePeriods<T>(body: () => T): T {
  if (!isOurs(gracePeriodSwitch()) || !turn(OURS)) return body();
  try {
    return body();
  } finally {
    turn('0');
  }
}

/** As it stands; undefined: there is none. */
export function gracePeriodSwitch(): string | undefined {
  descriptor ??= opened();
  if (descriptor < 0) return undefined;
  const bytes = new Uint8Array(16);
  return new TextDecoder().decode(bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0))).trim();
}

/** False: it may be read, and not be turned. */
function turn(value: string): boolean {
  try {
    writeSync(descriptor as number, value, 0);
    return true;
  } catch {
    descriptor = -1;
    return false;
  }
}

function isOurs(value: string | undefined): boolean {
  return value === '0' || value === OURS;
}

function opened(): number {
  try {
    return openSync(SWITCH, 'r+');
  } catch {
    return -1;
  }
}
