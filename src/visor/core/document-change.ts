// What makes one document the next, for whoever writes documents down: of the plan what changed in its sections, of the rest the rows that came and went.
// It knows of no disk. Documents share what stays by reference, so what stays is not looked at.

import type { Json } from '../../model/canonical.ts';
import { applyDelta, deltaOf, type Delta } from '../../model/delta.ts';
import { messageOf, ownerOf, planOfSections, sectionsOf, type PlanMessage, type Section } from '../../model/plan.ts';
import type { Document } from './document.ts';

export interface DocumentChange {
  readonly sections: readonly Extract<PlanMessage, { type: 'section' | 'delta' }>[];
  /** Absent: the same as before. Null: there is none. */
  readonly plan?: Omit<Extract<PlanMessage, { type: 'plan' }>, 'type'> | null;
  readonly rest?: Delta;
}

export function changeOf(before: Document, after: Document): DocumentChange {
  const [{ plan: had, ...was }, { plan, ...is }] = [before, after];
  const rest = deltaOf(was as unknown as Json, is as unknown as Json);
  const others = rest === undefined ? {} : { rest };
  if (plan === had) return { sections: [], ...others };
  const stood = new Map(sectionsOf(had).map(section => [ownerOf(section), section]));
  const sections = sectionsOf(plan).filter(section => stood.get(ownerOf(section))?.hash !== section.hash).map(section => messageOf(stood.get(ownerOf(section)), section));
  return { sections, plan: plan ? { generation: plan.generation, own: plan.own?.hash ?? null, elements: plan.elements.map(e => e.hash) } : null, ...others };
}

/** Undefined: it does not fit. Hashes are taken at their word. */
export function changedBy(before: Document, { sections, plan, rest }: DocumentChange): Document | undefined {
  const { plan: had, ...was } = before;
  const is = rest ? applyDelta(was as unknown as Json, rest) : was;
  if (is === undefined) return undefined;
  const known = new Map<string, Section>(sectionsOf(had).map(({ hash, section }) => [hash, section]));
  for (const message of sections) {
    const section = message.type === 'section' ? message.section : applyDelta(known.get(message.base) as unknown as Json, message.delta) as unknown as Section | undefined;
    if (section === undefined) return undefined;
    known.set(message.hash, section);
  }
  const now = plan === undefined ? had : plan === null ? undefined : planOfSections(plan, known);
  if (plan && !now) return undefined;
  return { ...is as unknown as Document, ...now && { plan: now } };
}
