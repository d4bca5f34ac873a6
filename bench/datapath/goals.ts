// What our data path shall come to, as parts of what a bare veth pair does in the same run; and how far it is from there.

import { type Measurement, median } from '../measurement.ts';
import { BRIDGE, FIREWALL_10, FIREWALL_10000, MASQUERADE, ROUTER, TWO_FIREWALL } from './our-paths.ts';

const GOALS: readonly { readonly subject: string; readonly work: string; readonly atLeast: number }[] = [
  { subject: BRIDGE, work: 'xpps', atLeast: 0.78 },
  { subject: FIREWALL_10, work: 'xpps', atLeast: 0.70 },
  { subject: FIREWALL_10000, work: 'xpps', atLeast: 0.70 },
  { subject: ROUTER, work: 'xpps', atLeast: 0.70 },
  { subject: MASQUERADE, work: 'xpps', atLeast: 0.65 },
  { subject: TWO_FIREWALL, work: 'xpps', atLeast: 0.36 },
  { subject: FIREWALL_10, work: 'rr', atLeast: 0.92 },
  { subject: FIREWALL_10, work: 'crr', atLeast: 0.88 },
  { subject: FIREWALL_10, work: 'TCP, 1 stream', atLeast: 0.98 },
];

/** A line for each that was measured. */
export function goals(measurements: readonly Measurement[], reference: string): string[] {
  const rate = (subject: string, work: string): number | undefined => {
    const found = measurements.find(m => m.subject === subject && m.work === work && m.quantity === 'rate');
    return found && median(found.rounds);
  };
  return GOALS.flatMap(({ subject, work, atLeast }) => {
    const [ours, bare] = [rate(subject, work), rate(reference, work)];
    if (ours === undefined || bare === undefined) return [];
    const ratio = ours / bare;
    return [`${subject}, ${work}: ${ratio.toFixed(2)}, ${ratio >= atLeast ? 'goal met' : 'GOAL MISSED'} (${atLeast.toFixed(2)}).`];
  });
}
