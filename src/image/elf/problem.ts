// What is wrong with an object, and where: a value. Inside this folder it is thrown and caught at the public functions, for hostile
// bytes go wrong anywhere; outside nothing is thrown.

/** `place` is what people would look for: `section tc, slot 12`, `map counts`, `.BTF`. */
interface Problem {
  readonly place: string;
  readonly message: string;
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

class Malformed extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.place}: ${problem.message}`);
    this.problem = problem;
  }
}

export function fail(place: string, message: string): never {
  throw new Malformed({ place, message });
}

/** Runs what may `fail`. */
export function checked<T>(run: () => T): Checked<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, problem: error.problem };
    throw error;
  }
}
