// The kernel's refusals as the seam tells them.

import { SysError } from '../../sys/errors.ts';
import { ProgramRefused } from '../../kernel/refusal.ts';
import { DatapathError } from '../datapath.ts';

const CURE = 'see the detail; iov doctor says what this machine can do';

/** Runs `body`; what the kernel or the file system refuses becomes a DatapathError that says what was tried. */
export function orRefused<T>(what: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof DatapathError) throw error;
    if (error instanceof ProgramRefused) throw new DatapathError(`${what}: ${error.message}`, { cure: error.cure ?? CURE, detail: error.log, cause: error });
    if (error instanceof SysError) throw new DatapathError(`${what}: ${error.message}`, { cure: error.cure ?? CURE, detail: error.detail, cause: error });
    if (error instanceof Error && 'code' in error && 'syscall' in error) throw new DatapathError(`${what}: ${error.message}`, { cure: CURE, cause: error });
    throw error;
  }
}
