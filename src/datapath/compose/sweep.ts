// What a crash left behind: pins and devices that no record names. Nothing that carries packets is touched: what a slot, link or
// program still uses lives on without its pin until it is replaced.

import { DOOR_PROGRAMS, removeIdleDoors } from './door.ts';
import { elementRecords, mapPinsOf, priorPinsOf, programPinsOf } from './element-record.ts';
import { endpointRecords, LOOP_PROGRAM } from './endpoint.ts';
import { sweepImageMaps } from './image-maps.ts';
import { REENTER_PROGRAM } from './punts.ts';
import type { Server } from './server.ts';
import { TUNNEL_PROGRAMS } from './tunnel.ts';

export function sweep(server: Server): void {
  const { engine } = server;
  const elements = elementRecords(engine.records);
  const endpoints = endpointRecords(engine.records);
  const maps = new Set(elements.flatMap(e => [...mapPinsOf(e), ...priorPinsOf(e)]));
  const programs = new Set([...TUNNEL_PROGRAMS, LOOP_PROGRAM, ...DOOR_PROGRAMS, REENTER_PROGRAM, ...elements.flatMap(programPinsOf), ...endpoints.map(e => e.program)]);
  const pins = engine.pins();
  for (const pin of pins.maps) if (pin.startsWith('e_') && !maps.has(pin)) server.dropMap(pin);
  for (const pin of pins.programs) {
    if (programs.has(pin)) continue;
    engine.removeProgram(pin);
    server.changes++;
  }
  const known = new Set(endpoints.map(e => e.spec.uid));
  for (const uid of engine.devices.endpoints()) {
    if (known.has(uid)) continue;
    engine.devices.removeEndpoint(uid);
    server.changes++;
  }
  removeIdleDoors(server);
  sweepImageMaps(server);
}
