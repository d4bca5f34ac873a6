// All network functions that the planner places: a new one is a row here, or in filters.ts. What a row has to say is row.ts.

import type { Topology } from '../topology.ts';
import { FILTERS } from './filters.ts';
import { networkRow } from './network.ts';
import { AS_A_WHOLE, type RouterPart, type Row } from './row.ts';
import { routerSection } from './router.ts';
import { natSection, uplinkSection } from './uplink.ts';

function ofRouter(name: string, part: Pick<RouterPart, 'isOn' | 'section'>): RouterPart {
  const owner = (path: string): string => `${name}/${path}`;
  return {
    ...part, owner,
    owners: ({ routerOf }, network) => [routerOf.get(network) ?? []].flat().map(owner),
    touchedBy: { ...AS_A_WHOLE, Endpoint: 'network', Policy: 'nothing', Identity: 'nothing', Presence: 'nothing' },
  };
}

const isWayOut = ({ uplinks }: Topology, path: string, server?: string): boolean => {
  const uplink = uplinks.get(path);
  return uplink !== undefined && (server === undefined || uplink.servers.includes(server));
};

export const ROUTER_PARTS: readonly RouterPart[] = [
  ofRouter('Router', { isOn: () => true, section: routerSection }),
  ofRouter('Uplink', { isOn: isWayOut, section: uplinkSection }),
  ofRouter('Nat', { isOn: (topology, path, server) => isWayOut(topology, path, server) && topology.uplinks.get(path)!.isTranslated, section: natSection }),
];

export const ROWS: readonly Row[] = [networkRow, ...FILTERS, ...ROUTER_PARTS];
