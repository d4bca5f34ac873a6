// What the figures of all subjects come to: ratios of ours to C, as geometric means. A subject counts once, however many rows it has.

import { type Measurement, median } from '../measurement.ts';
import { CLANG } from './counterpart.ts';
import { OURS } from './ours.ts';

/** Times below are as much noise as program: they are shown, and count in no mean. */
const LEAST_NS = 5;
const QUANTITIES = ['slots', 'machine code', 'verifier steps', 'time'] as const;

/** One line each: the mean over subjects, each subject's own, and the worst row. */
export function totals(measurements: readonly Measurement[], subjects: readonly string[]): string[] {
  return QUANTITIES.map(quantity => {
    const bySubject = subjects.map(subject => ({ subject, rows: ratios(measurements, subject, quantity) })).filter(({ rows }) => rows.length > 0);
    const means = bySubject.map(({ subject, rows }) => ({ subject, mean: geometricMean(rows.map(row => row.ratio)) }));
    const worst = bySubject.flatMap(({ rows }) => rows).toSorted((a, b) => b.ratio - a.ratio)[0];
    const told = means.map(({ subject, mean }) => `${subject} ${mean.toFixed(2)}`).join(', ');
    return `${quantity}, ours to C, geometric mean over ${means.length} subjects: ${geometricMean(means.map(m => m.mean)).toFixed(3)} (${told}); worst row ${worst?.ratio.toFixed(2)}, ${worst?.work}.`;
  });
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function ratios(measurements: readonly Measurement[], subject: string, quantity: string): { readonly work: string; readonly ratio: number }[] {
  const of = (who: string): Measurement[] => measurements.filter(m => m.subject === who && m.quantity === quantity && m.work.split(',')[0] === subject);
  const c = of(CLANG);
  return of(OURS).flatMap(ours => {
    const other = median(c.find(m => m.work === ours.work)!.rounds);
    const own = median(ours.rounds);
    return quantity === 'time' && Math.min(own, other) < LEAST_NS ? [] : [{ work: ours.work, ratio: own / other }];
  });
}
