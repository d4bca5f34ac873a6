// What the planner knows of a network function: one row, of elements around networks, or of routers. It has to be whole to pass the types, and
// nothing else asks which function an element is of. The rows are in table.ts; filters, in their order, in filters.ts.

import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Domain, Gateway, JoinToken, Module, Resource, RoleBinding, Server, User } from '../../../model/resource.ts';
import type { Topology } from '../topology.ts';
import type { World } from '../world.ts';
import type { Member } from './member.ts';
import type { Scene } from './scene.ts';

/** What plans are made of, but for what all of them hang on. */
export type Placing = Exclude<Resource, Domain | Server | Gateway | Module | User | RoleBinding | JoinToken>;

/** Why elements are made anew: a resource changed; labels have a number; a network has its first or last endpoint on a server; other filters stand around it. */
export type Cause = Placing['kind'] | 'Identity' | 'Presence' | 'Filters';

/** Whose elements: the networks' that it is about (a Policy and a Dns: all of the domain), those of all that their routers join, of all in their domain. */
export type Reach = 'nothing' | 'network' | 'joined' | 'domain';

/** What seldom changes, and then all that is near. */
export const AS_A_WHOLE = { Network: 'joined', Router: 'joined', Nat: 'joined', Dns: 'joined', Function: 'joined', Filters: 'joined' } as const;

export interface Row {
  /** Of its elements that serve the network, those that there may be. */
  readonly owners: (topology: Topology, network: string) => readonly string[];
  /** Of what each change makes them anew: too little is found by step.test.ts and the simulation, too much by nobody. */
  readonly touchedBy: Readonly<Record<Cause, Reach>>;
}

export interface Filter extends Row {
  /** Its elements around a network, the outermost first. */
  readonly around: (world: World, topology: Topology, network: string) => readonly FilterElement[];
}

export interface FilterElement {
  /** Its name in plans, statuses and counters; nobody reads anything out of it. */
  readonly owner: string;
  readonly element: { readonly uid: string; readonly id: number };
  readonly section: (scene: Scene, around: Around) => ElementSection;
  /** A server's own contents. */
  readonly contentsOn: (scene: Scene, members: readonly Member[]) => PlanContents;
  /** What one server has in its place. */
  readonly tried?: { readonly server: string; readonly owner: string; readonly section: (scene: Scene, around: Around) => ElementSection };
}

export interface Around extends FilterElement, Pick<Filter, 'touchedBy'> { readonly place: NonNullable<ElementSection['around']> }

/** `path`: of the router. */
export interface RouterPart extends Row {
  readonly owner: (path: string) => string;
  /** Without a server: on any. */
  readonly isOn: (topology: Topology, path: string, server?: string) => boolean;
  readonly section: (scene: Scene, path: string) => ElementSection;
}
