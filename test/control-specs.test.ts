// The Director's planner and the modules' control functions say the same spec, each for itself, because neither may import the other: `tsc` compares
// them here. Without this file one could change alone, and plans would be wrong with every type right.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import bridge from '../modules/bridge/bridge.control.ts';
import dhcp from '../modules/dhcp/dhcp.control.ts';
import dns from '../modules/dns/dns.control.ts';
import firewall from '../modules/firewall/firewall.control.ts';
import nat44 from '../modules/nat44/nat44.control.ts';
import router from '../modules/router/router.control.ts';
import uplink from '../modules/uplink/uplink.control.ts';
import type { Modules, PlannedModule } from '../src/director/core/elements/modules.ts';
import { moduleFolders } from './module-folders.ts';

type SpecOf<M> = M extends PlannedModule<infer Spec> ? Spec : never;

const CONTROLS = { bridge, dhcp, dns, firewall, nat44, router, uplink } satisfies { readonly [Name in keyof Modules]: (spec: SpecOf<Modules[Name]>) => unknown };

/** Fields that a control function would not read: optional ones are assignable under any name. */
type Unread = { readonly [Name in keyof Modules]: Exclude<keyof SpecOf<Modules[Name]>, keyof Parameters<typeof CONTROLS[Name]>[0]> }[keyof Modules];
const allAreRead: [Unread] extends [never] ? true : Unread = true;

test('the Director places every module of modules/, with a spec that its control function takes', () => {
  assert.ok(allAreRead);
  assert.deepEqual(Object.keys(CONTROLS), moduleFolders('modules').map(folder => folder.slice('modules/'.length)));
});
