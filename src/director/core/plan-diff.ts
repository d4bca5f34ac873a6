// What a change means for servers, for people: whose plans change, which elements and endpoints come, change and go. It decides nothing.

import type { Image } from '../../image/image.ts';
import { lossesOf } from '../../image/migrate.ts';
import type { PlanChange } from '../../model/api.ts';
import type { Action } from '../../model/diff.ts';
import type { PlannedEndpoint } from '../../model/plan.ts';
import { canonical } from '../../model/canonical.ts';
import type { Built } from './planner.ts';

type ImageOf = (hash: string) => Image | undefined;

/** Servers whose plan is another, by name. An endpoint that only moves is deleted on one and created on the other. */
export function diffPlans(before: Built, after: Built, imageOf: ImageOf): PlanChange[] {
  const servers = [...new Set([...before.servers.keys(), ...after.servers.keys()])].sort();
  return servers.filter(server => differs(before, after, server)).map(server => {
    const elements = diffRows(elementsOn(before, server), elementsOn(after, server)).map(row => {
      const loses = row.action === 'changed' ? losses(before, after, row.name, imageOf) : [];
      return { ...row, ...loses.length > 0 && { loses } };
    });
    return { server, elements, endpoints: diffRows(endpointsOn(before, server), endpointsOn(after, server)) };
  });
}

/** What packets wrote that the element's next image has no place for. */
function losses(before: Built, after: Built, owner: string, imageOf: ImageOf): string[] {
  const [was, is] = [before, after].map(built => built.elements.get(owner)?.section.element.imageHash);
  if (was === undefined || is === undefined || was === is) return [];
  const [earlier, image] = [imageOf(was), imageOf(is)];
  return earlier && image ? lossesOf(image, earlier).map(({ map, why }) => `${map}: ${why}`) : [];
}

export function differs(before: Built, after: Built, server: string): boolean {
  const a = before.servers.get(server);
  const b = after.servers.get(server);
  return a?.own.hash !== b?.own.hash || a?.elements.join() !== b?.elements.join()
    || (b?.elements ?? []).some(e => before.elements.get(e)?.hash !== after.elements.get(e)?.hash);
}

function elementsOn(built: Built, server: string): Map<string, string> {
  const found = built.servers.get(server);
  // The server's own part of an element's contents is a change of that element there.
  return new Map((found?.elements ?? []).map(owner => [owner, `${built.elements.get(owner)?.hash} ${canonical(found?.own.section.contents[owner] ?? null)}`]));
}

function endpointsOn(built: Built, server: string): Map<string, string> {
  return new Map((built.servers.get(server)?.own.section.endpoints ?? []).map((e: PlannedEndpoint) => [e.endpoint, canonical(e)]));
}

interface Row { readonly name: string; readonly action: Exclude<Action, 'unchanged'> }

function diffRows(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Row[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().filter(name => before.get(name) !== after.get(name))
    .map(name => ({ name, action: before.has(name) ? after.has(name) ? 'changed' : 'deleted' : 'created' }));
}
