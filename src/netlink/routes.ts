// Routes of the main table, both families. Adding replaces.

import { strict as assert } from 'node:assert';
import { isSysError } from '../sys/errors.ts';
import type { Netlink } from './client.ts';
import { ipBytes, prefixBytes } from './codec/address-text.ts';
import { decodeRoute, type Route, routeDump, routeQuestion, routeRequest, type RouteSettings } from './codec/route.ts';

export type { Route };

export interface RouteSpec {
  /** `10.0.0.0/8`, `0.0.0.0/0`, `::/0`. */
  readonly destination: string;
  readonly via?: string;
  /** Index of the device; needed without `via`. */
  readonly index?: number;
  readonly mtu?: number;
}

/** @throws SysError  ENETUNREACH: `via` cannot be reached itself */
export function addRoute(netlink: Netlink, route: RouteSpec): void {
  netlink.request(`add route ${route.destination}`, routeRequest('add', parsed(route)));
}

/** False: it was not there. @throws SysError */
export function deleteRoute(netlink: Netlink, route: RouteSpec): boolean {
  try {
    netlink.request(`delete route ${route.destination}`, routeRequest('delete', parsed(route)));
    return true;
  } catch (error) {
    if (isSysError(error, 'ESRCH')) return false;
    throw error;
  }
}

/** @throws SysError */
export function listRoutes(netlink: Netlink, version: 4 | 6): Route[] {
  return netlink.dump('list routes', routeDump(version)).map(decodeRoute).filter(route => route !== undefined);
}

/** The way that a packet would take now; undefined: none, or it is for this machine or a group. @throws SysError */
export function routeTo(netlink: Netlink, ip: string): Route | undefined {
  const bytes = ipBytes(ip);
  assert.ok(bytes, `'${ip}' is not an IP address`);
  try {
    const [payload] = netlink.request(`get route to ${ip}`, routeQuestion(bytes));
    return payload && decodeRoute(payload);
  } catch (error) {
    if (isSysError(error, 'ENETUNREACH') || isSysError(error, 'EHOSTUNREACH')) return undefined;
    throw error;
  }
}

function parsed(route: RouteSpec): RouteSettings {
  const destination = prefixBytes(route.destination);
  assert.ok(destination, `'${route.destination}' is not a prefix`);
  const via = route.via === undefined ? undefined : ipBytes(route.via);
  assert.ok(route.via === undefined || via, `'${route.via}' is not an IP address`);
  return { destination, via, index: route.index, mtu: route.mtu };
}
