// Measurements for people (a table with ratios) and for programs (JSON lines).

import { type GroupResult, type Measurement, median, spread } from './measurement.ts';

/** One line for each measurement. `ratios`: to other subjects in the same work and quantity. */
export function jsonLines({ measurements, reference, rivals = [] }: GroupResult): string[] {
  return measurements.map(m => {
    const { rounds, ranked, ...rest } = m;
    const references = [reference, ...rivals.filter(rival => rival.subject === m.subject).map(rival => rival.to)];
    const ratios = Object.fromEntries(references.flatMap(to => {
      const value = ratio(m, measurements, to);
      return value === undefined ? [] : [[to, round(value)]];
    }));
    return JSON.stringify({ ...rest, ranked: ranked ?? true, median: round(median(rounds)), spread: round(spread(rounds)), ratios, rounds: rounds.map(round) });
  });
}

/** The median of each subject's works and quantities, and its ratio to the reference. */
export function table({ measurements, reference, rivals = [], absent = [], subjectsAre = 'columns', notes }: GroupResult): string {
  const subjects = distinct(measurements.map(m => m.subject));
  const works = distinct(measurements.map(m => JSON.stringify([m.work, m.quantity])));
  const ofWorks: string[][] = [
    ['', ...subjects, ...absent],
    ...works.map(key => {
      const [work, quantity] = JSON.parse(key) as [string, string];
      const ofRow = measurements.filter(m => m.work === work && m.quantity === quantity);
      const unit = ofRow[0]?.unit;
      const label = `${work}: ${quantity}${unit ? `, ${unit}` : ''}`;
      return [label, ...subjects.map(subject => {
        const m = ofRow.find(one => one.subject === subject);
        return m ? cell(m, ratio(m, measurements, reference), subject === reference) : '';
      }), ...absent.map(() => 'absent')];
    }),
  ];
  const cells = subjectsAre === 'columns' ? ofWorks : ofWorks[0]!.map((_, column) => ofWorks.map(row => row[column]!));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map(row => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((text, column) => column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`).join('|')}|`;
  const [head, ...body] = cells;
  const unstable = measurements.filter(m => m.ranked === undefined && m.rounds.length > 2 && spread(m.rounds) > UNSTABLE);
  return [
    line(head!), rule, ...body.map(line), '', ...rivals.flatMap(rival => against(rival, measurements)), ...notes,
    ...(unstable.length > 0 ? [`Rounds disagree by more than ${100 * UNSTABLE} % (marked ~): measure again on a quiet machine.`] : []),
  ].join('\n');
}

const UNSTABLE = 0.1;

function against({ subject, to }: { readonly subject: string; readonly to: string }, all: readonly Measurement[]): string[] {
  const told = all.filter(m => m.subject === subject).flatMap(m => {
    const value = ratio(m, all, to);
    return value === undefined ? [] : [`${m.quantity} ${value.toFixed(2)}`];
  });
  return told.length === 0 ? [] : [`${subject} to ${to}: ${told.join(', ')}.`];
}

function cell(m: Measurement, to: number | undefined, isReference: boolean): string {
  const doubtful = m.rounds.length > 2 && spread(m.rounds) > UNSTABLE ? '~' : '';
  const figure = `${doubtful}${figureOf(median(m.rounds))}`;
  return to === undefined || isReference ? figure : `${figure} (${to.toFixed(2)})`;
}

function ratio(m: Measurement, all: readonly Measurement[], reference: string): number | undefined {
  const other = all.find(one => one.subject === reference && one.work === m.work && one.quantity === m.quantity);
  return other && median(other.rounds) !== 0 ? median(m.rounds) / median(other.rounds) : undefined;
}

function figureOf(value: number): string {
  if (Number.isInteger(value) && value < 10_000) return `${value}`;
  return value >= 100 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : value.toFixed(1);
}

const round = (value: number): number => Number(value.toPrecision(6));
const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
