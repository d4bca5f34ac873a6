// Keeps floods of TCP SYNs from a server, before the stack sees them. As long as they come slowly all of them pass. When they come
// faster, a source has to ask twice: who only sends from forged addresses does not hear that it should, a real client does so anyway.

import {
  Eth, Ip, LruHashMap, Tcp, ArrayMap,
  config, drop, next, now, u64, xdp, type Ip6, type be16, type be32, type u32,
} from 'iovisor/module';
import { type Bucket, take } from 'iovisor/rate';

class Attempt {
  src: Ip6 = 0n;
  dst: Ip6 = 0n;
  srcPort: be16 = 0;
  dstPort: be16 = 0;
  seq: be32 = 0;
}
class Seen { atNs: u64 = 0n }

/** SYNs that were dropped: the same one again is let in (RFC 6298: after a second). */
const attempts = new LruHashMap<Attempt, Seen>(65536);
const rates = new ArrayMap<Bucket>(1);

export const settings = config(class {
  /** What passes unasked: one in so many nanoseconds, and so many at once. */
  nsPerSyn: u32 = 100_000;
  burstSyns: u32 = 1000;
  /** A retry counts within this time. */
  retrySeconds: u32 = 16;
});

export default xdp(pkt => {
  const ip = pkt.at(Eth).payload(Ip);
  const tcp = ip?.payload(Tcp);
  if (!ip || !tcp?.opens) return next();

  const attempt: Attempt = { src: ip.src6, dst: ip.dst6, srcPort: tcp.srcPort, dstPort: tcp.dstPort, seq: tcp.seq };
  const rate = rates.get(0);
  const cost = u64(settings.nsPerSyn);
  if (rate && take(rate, cost, cost * u64(settings.burstSyns))) return next();

  const at = now();
  const seen = attempts.get(attempt);
  if (seen && at - seen.atNs < u64(settings.retrySeconds) * 1_000_000_000n) return next();
  attempts.set(attempt, { atNs: at });
  return drop('asks-the-first-time');
});
