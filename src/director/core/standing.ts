// Where the elements of a resource stand: on how many of its servers they are as planned, and which are not, with what their visors say. For people.

import { AWAY_AFTER_MS } from './ended.ts';
import { appliedOf, type DirectorState } from './step.ts';

/** Of those that are not ready: a zone has many servers. */
const MOST_OTHERS = 16;

interface Standing {
  readonly ready: number;
  readonly of: number;
  readonly others: readonly { readonly server: string; readonly state: string; readonly message?: string }[];
}

/** `uids`: of elements, of which a server has some. */
export function standingOf(state: DirectorState, uids: ReadonlySet<string>, servers: readonly string[], wallMs: number): Standing {
  const others = servers.flatMap(server => {
    const heard = state.statuses.get(server);
    if (!heard) return [{ server, state: 'never heard' }];
    if (wallMs - heard.heardMs > AWAY_AFTER_MS) return [{ server, state: 'away' }];
    const bad = heard.status.elements.find(e => uids.has(e.uid) && e.state !== 'ready');
    if (bad) return [{ server, state: bad.state as string, ...bad.message !== undefined && { message: bad.message } }];
    return appliedOf(state, heard.status)?.revision === state.revision ? [] : [{ server, state: 'applying' }];
  });
  return { ready: servers.length - others.length, of: servers.length, others: others.slice(0, MOST_OTHERS) };
}

/** For a status: in a word, and why. */
export function stateOf(standing: Standing): { readonly standing: Standing; readonly state: string; readonly message?: string } {
  const why = standing.others.flatMap(o => o.message === undefined ? [] : [`${o.server}: ${o.message}`]).join('; ');
  return { standing, state: wordFor(standing), ...why !== '' && { message: why } };
}

/** What is refused somewhere is degraded; who is away says nothing of the others. */
function wordFor({ ready, others }: Standing): 'ready' | 'pending' | 'degraded' {
  if (others.some(o => o.state === 'degraded')) return 'degraded';
  return ready > 0 && others.every(o => o.state === 'away' || o.state === 'never heard') ? 'ready' : 'pending';
}
