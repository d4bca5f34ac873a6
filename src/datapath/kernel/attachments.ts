// Programs at the ingress of devices, each attachment under a name that outlives the process. Two ways: links of tcx, and filters of clsact for
// kernels that lack it.

import { listPins, pin, pinnedLink, unpin } from '../../kernel/pins.ts';
import { loadProgram, type KernelProgram } from '../../kernel/program.ts';
import { verdictProgram } from '../../kernel/probe/bpf.ts';
import { attachTcx, TCX } from '../../kernel/tcx.ts';
import { addClsact, deleteClsact, deleteFilter, type FilterPlace, listFilters, putFilter } from '../../netlink/filters.ts';
import type { Netlink } from '../../netlink/client.ts';
import { isSysError } from '../../sys/errors.ts';
import { DatapathError } from '../datapath.ts';
import type { Records } from '../compose/engine.ts';

export type AttachBy = 'tcx' | 'clsact';

export interface Attachments {
  readonly by: AttachBy;
  names(): readonly string[];
  /** First in line, before programs of others that are there. What the name meant before is detached. */
  attach(name: string, ifindex: number, program: KernelProgram): void;
  /** To a device that is gone with this process: nothing of it is kept. */
  attachAlong(ifindex: number, program: KernelProgram): { close(): void };
  /** Another program in the place of the one that is attached. */
  switch(name: string, program: KernelProgram): void;
  /** Index of the device; 0 or undefined: of none, for the device is gone, or someone else has detached it. */
  attachedTo(name: string): number | undefined;
  detach(name: string): void;
}

export function tcxAttachments(folder: string, netns: string | undefined): Attachments {
  const path = (name: string): string => `${folder}/${name}`;
  return {
    by: 'tcx',
    names: () => listPins(folder).map(entry => entry.name),
    attach(name, ifindex, program) {
      using link = attachTcx({ program, ifindex, direction: 'ingress', order: 'first', netns });
      unpin(path(name));
      pin(link, path(name));
    },
    attachAlong: (ifindex, program) => attachTcx({ program, ifindex, direction: 'ingress', order: 'first', netns }),
    switch(name, program) {
      using link = pinnedLink(path(name));
      if (!link) throw gone(name);
      link.update(program);
    },
    attachedTo(name) {
      using link = pinnedLink(path(name));
      return link?.info().ifindex;
    },
    detach: name => { unpin(path(name)); },
  };
}

const RECORD = 'filter_';
/** Ours among the filters of a priority. */
const HANDLE = 0x696f76;
/** A priority belongs to one kind of filter and one protocol: where another's is first, ours comes behind. */
const PRIORITIES = [1, 2, 3, 4, 5, 6, 7, 8];
/** `made`: the qdisc is ours, and goes with the last filter. */
interface FilterRecord extends FilterPlace { readonly made: boolean }

export function clsactAttachments(netlink: Netlink, records: Records): Attachments {
  const recordOf = (name: string): FilterRecord | undefined => records.get(RECORD + name) as FilterRecord | undefined;
  const stands = (name: string, at: FilterPlace): boolean => listFilters(netlink, at.ifindex, 'ingress').some(f => f.handle === at.handle && f.priority === at.priority && f.name === name);
  return {
    by: 'clsact',
    names: () => records.list(RECORD).map(record => record.slice(RECORD.length)),
    attach(name, ifindex, program) {
      const before = recordOf(name);
      if (before && before.ifindex !== ifindex) this.detach(name);
      const made = addClsact(netlink, ifindex) || (before?.ifindex === ifindex && before.made);
      for (const priority of PRIORITIES) {
        const place = { ifindex, way: 'ingress' as const, priority, handle: HANDLE };
        try {
          // The record is first, so that no filter is forgotten.
          records.put(RECORD + name, { ...place, made } satisfies FilterRecord);
          putFilter(netlink, place, { fd: program.fd, name });
          return;
        } catch (error) {
          if (!isSysError(error, 'EINVAL') || priority === PRIORITIES.at(-1)) throw error;
        }
      }
    },
    attachAlong(ifindex, program) {
      addClsact(netlink, ifindex);
      putFilter(netlink, { ifindex, way: 'ingress', priority: 1, handle: HANDLE }, { fd: program.fd, name: program.name });
      return { close: () => {} };
    },
    switch(name, program) {
      const at = recordOf(name);
      if (!at || !stands(name, at)) throw gone(name);
      putFilter(netlink, at, { fd: program.fd, name });
    },
    attachedTo(name) {
      const at = recordOf(name);
      return at && stands(name, at) ? at.ifindex : undefined;
    },
    detach(name) {
      const at = recordOf(name);
      if (!at) return;
      if (stands(name, at)) deleteFilter(netlink, at);
      if (at.made && (['ingress', 'egress'] as const).every(way => listFilters(netlink, at.ifindex, way).length === 0)) deleteClsact(netlink, at.ifindex);
      records.delete(RECORD + name);
    },
  };
}

/** Whether devices have lists of programs here: asked of the loopback of the namespace, which every one has. */
export function hasTcx(netns: string | undefined): boolean {
  using program = loadProgram({ name: 'probe', hook: 'tc', code: verdictProgram(TCX.NEXT) });
  try {
    attachTcx({ program, ifindex: LOOPBACK, direction: 'ingress', netns }).close();
    return true;
  } catch (error) {
    if (isSysError(error, 'EINVAL')) return false;
    throw error;
  }
}
const LOOPBACK = 1;

function gone(name: string): DatapathError {
  return new DatapathError(`the program ${name} is not attached any more`, { cure: 'someone else detached it: put its endpoint or tunnel again' });
}
