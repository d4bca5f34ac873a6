// What is wrong in what a person wrote: a value, never an exception. Where it stands, whom it is about, what is allowed.

import { showKey } from './resource.ts';

/** About one resource, before anyone knows which file it came from. */
export interface Problem {
  /** `Kind/domain/name` or `Kind/name`; absent: about the request as a whole. */
  readonly key?: string | undefined;
  /** Fields and indexes that lead to the place, such as `['spec', 'subnets', 0]`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** With its place in a file; lines and columns count from 1. */
export interface PlacedProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `Policy db`; empty where even that could not be read. */
  readonly subject: string;
  readonly message: string;
}

/** `error shop.yaml:14:9 Policy db: unknown field 'tear'; …` */
export function showPlaced(p: PlacedProblem): string {
  return `error ${p.file}:${p.line}:${p.column}${p.subject === '' ? '' : ` ${p.subject}`}: ${p.message}`;
}

/** `Network shop/web: spec.subnets.0: …`, for those who sent no file. */
export function showProblem(p: Problem): string {
  const where = p.path.length > 0 ? `${p.path.join('.')}: ` : '';
  return `${p.key === undefined ? '' : `${showKey(p.key)}: `}${where}${p.message}`;
}

/** Of items that must differ: each whose id an earlier one has, with that one. */
export function twice<T, P>(items: readonly T[], id: (item: T) => string, problem: (item: T, earlier: T) => P): P[] {
  const seen = new Map<string, T>();
  return items.flatMap(item => {
    const earlier = seen.get(id(item));
    if (earlier !== undefined) return [problem(item, earlier)];
    seen.set(id(item), item);
    return [];
  });
}
