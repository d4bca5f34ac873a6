// Selection by labels, as people write it on a command line and in a query: `tier=db,env!=test,owner,!old`. All terms must hold.

import type { Labels } from './labels.ts';
import { labelsOf } from './labels.ts';
import type { Resource } from './resource.ts';

const MAX_SELECTOR_TERMS = 64;
type Term = { readonly label: string } & ({ readonly is: string } | { readonly isNot: string } | { readonly present: boolean });
type Selector = readonly Term[];

const TERM = /^(?:(!)([A-Za-z0-9._/-]+)|([A-Za-z0-9._/-]+)(?:(==?|!=)([A-Za-z0-9._/-]+))?)$/;

/** Or what is wrong with it, for people. An absent label is not equal to any value. */
export function parseSelector(text: string): { readonly selector: Selector } | { readonly wrong: string } {
  const terms = text.split(',').map(t => t.trim()).filter(t => t !== '');
  if (terms.length > MAX_SELECTOR_TERMS) return { wrong: `a selector has at most ${MAX_SELECTOR_TERMS} terms` };
  const selector: Term[] = [];
  for (const term of terms) {
    const [, not, absent = '', label = '', sign, value = ''] = TERM.exec(term) ?? [undefined];
    if (absent === '' && label === '') return { wrong: `'${term}' does not select labels; write name=value, name!=value, name or !name, with commas between them` };
    if (not !== undefined) selector.push({ label: absent, present: false });
    else if (sign === undefined) selector.push({ label, present: true });
    else selector.push(sign === '!=' ? { label, isNot: value } : { label, is: value });
  }
  return { selector };
}

export function selects(selector: Selector, labels: Labels): boolean {
  return selector.every(t => {
    const value = Object.hasOwn(labels, t.label) ? labels[t.label] : undefined;
    if ('is' in t) return value === t.is;
    if ('isNot' in t) return value !== t.isNot;
    return (value !== undefined) === t.present;
  });
}

/** What people wrote, and, for endpoints, what their network grants. */
export function selectableLabels(resources: ReadonlyMap<string, Resource>, resource: Resource): Labels {
  return { ...resource.metadata.labels, ...(resource.kind === 'Endpoint' ? labelsOf(resources, resource) : {}) };
}
