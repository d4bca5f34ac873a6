// TEST_RUN gives up when a signal waits for this thread; a measurement is then made again.

import { isSysError } from '../src/sys/errors.ts';

const MOST_ATTEMPTS = 8;

/** What `body` gives when no signal comes between. @throws what `body` throws */
export function uninterrupted<T>(body: () => T): T {
  for (let attempt = 1; ; attempt++) {
    try {
      return body();
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isSysError(error, 'EINTR')) throw error;
    }
  }
}
