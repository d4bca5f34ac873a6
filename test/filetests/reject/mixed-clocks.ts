// filetest: reject
import { drop, module, now, seconds, u32, u64 } from 'iovisor/module';

export function f(): u32 { return seconds() - u32(now()); } // error IOV2023@35
export function g(): boolean {
  const started = seconds();
  return u64(started) < now(); // error IOV2023@10
}

export default module(() => drop('end'));
