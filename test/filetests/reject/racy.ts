// filetest: reject
import { ArrayMap, drop, module, u16, u32, u64 } from 'iovisor/module';

class Seen { count: u32 = 0; port: u16 = 0; at: u64 = 0n }
export function f(s: Seen): void {
  s.count += 1;
  s.count++;
  s.at = s.at * 2n; // warning IOV4009@3
  s.port++; // warning IOV4010@3: not atomic on u16
  s.at *= 2n; // warning IOV4009@3
}
const table = new ArrayMap<Seen>(4);
export function g(): void {
  const entry = table.get(1);
  if (entry) entry.count = entry.count * 2; // warning IOV4009@14
}

export default module(() => drop('end'));
