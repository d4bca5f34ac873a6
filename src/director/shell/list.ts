// A list of resources in pages: which resources, and the token that leads to the next page. It reads the state of the moment: a page shows the
// newest, and a watch from the first page's revision tells what changed on pages that were read before.

import { isAbout } from '../../model/about.ts';
import { MAX_PAGE, type ApiError, type Listed } from '../../model/api.ts';
import type { Resource } from '../../model/resource.ts';
import { parseSelector, selectableLabels, selects } from '../../model/selector.ts';
import { view } from '../core/view.ts';
import type { Rights } from '../core/rights.ts';
import type { DirectorRuntime } from './runtime.ts';

interface ListQuery {
  readonly kind?: string | undefined; readonly domain?: string | undefined; readonly labels?: string | undefined;
  readonly limit?: number | undefined; readonly continue?: string | undefined;
}

export const TOO_OLD: ApiError = { error: 'gone', message: 'too old, list again: what changed since then is not remembered', cure: 'list without continue (or watch without revision), and go on from the revision of that answer' };

export function listResources(runtime: DirectorRuntime, query: ListQuery, wallMs: number, rights: Rights): Listed | ApiError {
  const { state } = runtime;
  const parsed = parseSelector(query.labels ?? '');
  if ('wrong' in parsed) return { error: 'bad-request', message: parsed.wrong };
  const from = query.continue === undefined ? undefined : decodeToken(query.continue);
  if (query.continue !== undefined && !from) return { error: 'bad-request', message: 'continue is not what a list answered', cure: 'list without it' };
  if (from && (from.epoch !== state.epoch || runtime.recent.since(from.revision) === undefined)) return TOO_OLD;
  const { resources } = state.world;
  const isWanted = (key: string, r: Resource): boolean => isAbout(query, key) && (parsed.selector.length === 0 || selects(parsed.selector, selectableLabels(resources, r)));
  const keys = [...resources].filter(([key, r]) => (from === undefined || key > from.after) && isWanted(key, r) && rights.reads(key)).map(([key]) => key).sort();
  const page = keys.slice(0, query.limit ?? (from ? MAX_PAGE : keys.length));
  const { epoch, revision } = from ?? state;
  return {
    epoch, revision, items: page.map(k => view(state, resources.get(k)!, wallMs)),
    ...(page.length < keys.length ? { continue: encodeToken({ epoch, revision, after: page.at(-1)! }) } : {}),
  };
}

interface Token { readonly epoch: string; readonly revision: number; readonly after: string }

function encodeToken({ epoch, revision, after }: Token): string {
  return Buffer.from(`${epoch} ${revision} ${after}`).toString('base64url');
}

function decodeToken(text: string): Token | undefined {
  const [, epoch, revision, after] = /^([0-9a-f]+) (\d{1,15}) (\S+)$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  return epoch === undefined || after === undefined ? undefined : { epoch, revision: Number(revision), after };
}
