// eBPF programs at a device by cls_bpf, for kernels whose devices have no list of them (tcx, Linux 6.6). Whose they are, names and handles say.

import { isSysError } from '../sys/errors.ts';
import type { Fd } from '../sys/fd.ts';
import type { Netlink } from './client.ts';
import { type BpfFilter, clsactRequest, type ClsactWay, decodeFilter, filterDump, type FilterPlace, filterRequest } from './codec/filter.ts';

export type { BpfFilter, ClsactWay, FilterPlace };

/** Makes room for filters at the device. False: there was some. @throws SysError */
export function addClsact(netlink: Netlink, ifindex: number): boolean {
  try {
    netlink.request(`add clsact to device ${ifindex}`, clsactRequest('add', ifindex));
    return true;
  } catch (error) {
    if (isSysError(error, 'EEXIST')) return false;
    throw error;
  }
}

/** With all filters. False: there was none. @throws SysError */
export function deleteClsact(netlink: Netlink, ifindex: number): boolean {
  return found(() => { netlink.request(`delete clsact of device ${ifindex}`, clsactRequest('delete', ifindex)); });
}

/** Attaches the program there, or puts it in the place of the one that is. @throws SysError  EINVAL: another kind of filter has this priority */
export function putFilter(netlink: Netlink, at: FilterPlace, program: { readonly fd: Fd; readonly name: string }): void {
  netlink.request(`attach ${program.name} to device ${at.ifindex}`, filterRequest('put', at, program));
}

/** False: it was not there. @throws SysError */
export function deleteFilter(netlink: Netlink, at: FilterPlace): boolean {
  return found(() => { netlink.request(`detach from device ${at.ifindex}`, filterRequest('delete', at)); });
}

/** Of any kind; none where the device or its clsact is gone. @throws SysError */
export function listFilters(netlink: Netlink, ifindex: number, way: ClsactWay): BpfFilter[] {
  let list: BpfFilter[] = [];
  found(() => { list = netlink.dump(`list filters of device ${ifindex}`, filterDump(ifindex, way)).map(payload => decodeFilter(payload, way)).filter(f => f !== undefined); });
  return list;
}

function found(ask: () => void): boolean {
  try {
    ask();
    return true;
  } catch (error) {
    if (isSysError(error, 'ENOENT') || isSysError(error, 'ENODEV') || isSysError(error, 'EINVAL')) return false;
    throw error;
  }
}
