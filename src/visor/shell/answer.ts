// What a visor answers when the Director asks: from the data path as it is now. Nothing is remembered, and nothing is decided by it.

import type { Logger } from 'pino';
import type { Datapath } from '../../datapath/datapath.ts';
import { jsonOf, type Plain } from '../../image/values.ts';
import type { RecentLines } from '../../model/log-lines.ts';
import { LOG_RUN_CHARACTERS, refusedAnswer, type Answer, type Ask, type MapRow } from '../../model/asks.ts';

interface AnswerParts { readonly datapath: Datapath; readonly logger: Logger; readonly recent: RecentLines; readonly started: string }

export function answerTo(ask: Ask, { datapath, logger, recent, started }: AnswerParts): Answer {
  try {
    switch (ask.kind) {
      case 'read-map': {
        const { element, map, most, after, key } = ask;
        const { rows, next } = datapath.readTable(element, map, { most, after, ...key !== undefined && { key: key as Plain } });
        return { kind: 'read-map', rows: rows.map(row => jsonOf(row) as MapRow), ...next !== undefined && { next } };
      }
      case 'change-map': {
        const { element, map, set, delete: gone, seconds } = ask;
        const changed = datapath.changeTable(element, map, { set: set as Plain[], delete: gone as Plain[], seconds });
        logger.info({ element, map, set: set.length, deleted: gone.length, changed }, 'entries of a map were changed, as the Director asked');
        return { kind: 'change-map', changed };
      }
      case 'check-map': {
        const { element, map, set, delete: gone, seconds } = ask;
        const before = datapath.checkTable(element, map, { set: set as Plain[], delete: gone as Plain[], seconds });
        return { kind: 'check-map', before: before.map(row => jsonOf(row) as MapRow) };
      }
      case 'read-logs': {
        const { owner, after, most } = ask;
        // Serial numbers are those of this process.
        const run = started.slice(0, LOG_RUN_CHARACTERS);
        const { lines, last } = recent.read({ owner, most, after: after?.started === run ? after.last : 0 });
        return { kind: 'read-logs', started: run, last, lines: [...lines] };
      }
    }
  } catch (e) {
    const { message, cure } = e as { message: string; cure?: unknown };
    if (typeof cure === 'string') return refusedAnswer({ error: 'invalid', message, cure });
    logger.error(e, 'a question of the Director cannot be answered');
    return refusedAnswer({ error: 'internal', message });
  }
  return refusedAnswer({ error: 'bad-request', message: 'this visor does not know what is asked', cure: 'bring Director and visor to the same version' });
}
