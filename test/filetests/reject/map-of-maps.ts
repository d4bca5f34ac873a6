// filetest: reject
// Maps of maps: which maps may be in which, how large they are, and who puts them there.
import { ArrayMap, ExpiringMap, HashMap, LpmTrie, LruHashMap, PerCpuArray, drop, module, to, type Ip4, type u32 } from 'iovisor/module';

class Entry { count: u32 = 0 }
const TOO_MANY = 16_777_217;

export const unsized = new HashMap<u32, ArrayMap<u32>>(8); // error IOV4013@24: The HashMap holds maps, and does not say how large they are
export const plain = new HashMap<u32, u32>(8, { inner: 8 }); // error IOV4013@47: The HashMap holds no maps
export const deep = new HashMap<u32, ArrayMap<ArrayMap<u32>>>(8, { inner: 8 }); // error IOV4012@21: No map can be the value of this HashMap: an inner map has no maps in it
export const evicted = new LruHashMap<u32, ArrayMap<u32>>(8, { inner: 8 }); // error IOV4012@24: only a HashMap and an ArrayMap hold maps
export const prefixes = new LpmTrie<Ip4, ArrayMap<u32>>(8, { inner: 8 }); // error IOV4012@25: only a HashMap and an ArrayMap hold maps
export const aged = new HashMap<u32, ExpiringMap<u32, Entry>>(8, { inner: 8 }); // error IOV4012@21: an inner map is an ArrayMap, a HashMap or an LruHashMap
export const mine = new ArrayMap<PerCpuArray<u32>>(8, { inner: 8 }); // error IOV4012@21: an inner map is an ArrayMap
export const none = new ArrayMap<ArrayMap<u32>>(8, { inner: 0 }); // error IOV4002@61: A capacity of 0
export const huge = new ArrayMap<ArrayMap<u32>>(8, { inner: TOO_MANY }); // error IOV4002@61: A capacity of 16777217

export const rings = new HashMap<u32, ArrayMap<u32>>(8, { inner: 8 });
export const ring = new ArrayMap<u32>(8);

export default module(pkt => {
  rings.set(1, ring); // error IOV4014@9: The maps in 'rings' are put there by control code
  rings.delete(1); // error IOV4014@9: The maps in 'rings' are put there by control code
  const found = rings.get(pkt.length);
  const wrong = found.get(1); // error IOV2009@17
  if (!found) return drop('none');
  if (found.get(8) === 1) return drop('behind'); // error IOV4006@17: 'found' has no entry 8
  found.set(1, 2); // error IOV2013@9: 'found' has no 'set'
  const entry: u32 = found; // error IOV2004@22
  return to(wrong ?? entry & 0xffff);
});
