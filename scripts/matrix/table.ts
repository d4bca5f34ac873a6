// The outcome of a run as a table: a row for each program, a column for each kernel, and below it what was refused and where.

import type { Booted } from './boot.ts';
import { compareVersions, type Job, type Loaded } from './job.ts';
import type { Kernel } from './kernels.ts';

export interface Column { readonly kernel: Kernel; readonly booted: Booted<Loaded> }

interface Refusal { readonly job: Job; readonly release: string; readonly result: Loaded & { readonly ok: false }; /** It claims to load there. */ readonly claimed: boolean }

export function refusals(jobs: readonly Job[], columns: readonly Column[]): Refusal[] {
  return columns.flatMap(({ booted: { release, results } }) => results.flatMap(result => {
    const job = jobs[result.job];
    return result.ok || !job ? [] : [{ job, release, result, claimed: compareVersions(series(release), job.target) >= 0 }];
  }));
}

export function series(release: string): string {
  return /^\d+\.\d+/.exec(release)?.[0] ?? release;
}

/** As Markdown, which is as good to read on a terminal. */
export function table(jobs: readonly Job[], columns: readonly Column[]): string {
  const head = ['file', 'program', 'joined', 'slots', ...columns.map(({ booted }) => series(booted.release))];
  const rows = jobs.map((job, index) => [
    job.subject, job.program, job.joined, String(Buffer.from(job.code, 'base64').length / 8), ...columns.map(({ booted }) => cell(booted.results.find(r => r.job === index))),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => (row[i] as string).length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((text, i) => i < 3 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number)).join(' | ')} |`;
  return [line(head), `|${widths.map((width, i) => i < 3 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`).join('|')}|`, ...rows.map(line)].join('\n');
}

function cell(result: Loaded | undefined): string {
  if (!result) return 'not tried';
  if (!result.ok) return 'refused';
  return result.steps === 0 ? 'loaded' : String(result.steps);
}

export function refusalText({ job, release, result, claimed }: Refusal): string {
  const at = result.place ?? (result.slot === undefined ? job.subject : `${job.subject} slot ${result.slot}`);
  return `${series(release)} refuses ${job.program} of ${job.subject} (${job.joined}): ${result.reason}; at ${at}${claimed ? '' : ` (it claims ${job.target} and newer only)`}`;
}
