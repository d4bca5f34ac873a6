// Which labels an endpoint has, and whether a group means it. Policies see nothing else of an endpoint.

import type { Endpoint, Resource } from './resource.ts';
import { networkPath } from './path.ts';

export type Labels = Readonly<Record<string, string>>;

/** What its network grants, and what a person gave it: a visor that makes an endpoint has no say. */
export function labelsOf(resources: ReadonlyMap<string, Resource>, endpoint: Endpoint): Labels {
  const network = resources.get(`Network/${networkPath(endpoint)}`);
  const granted = network?.kind === 'Network' ? network.spec.attach?.grant : undefined;
  return { ...(endpoint.spec.ephemeral ? {} : endpoint.metadata.labels), ...granted };
}

/** All of the group's labels; the empty group is everyone of the domain. */
export function isIn(group: Labels, labels: Labels): boolean {
  return Object.entries(group).every(([name, value]) => labels[name] === value);
}

export function showLabels(labels: Labels): string {
  return `{${Object.entries(labels).map(([name, value]) => `${name}: ${value}`).join(', ')}}`;
}
