// The data path's suite in the vm: servers, hosts and underlay are a laboratory in this process.

import { test } from 'node:test';
import { isOurs, type ServerName, type World } from './suite-net.ts';
import { datapathSuite } from './suite.ts';
import { Lab } from './vm/lab.ts';
import { openVmDatapath } from './vm/open.ts';

const UNDERLAY = { a: '192.0.2.1', b: '192.0.2.2' } as const;

function vmWorld(): World {
  const lab = new Lab();
  const nameOf = (server: ServerName, host: string): string => `${server}-${host}`;
  return {
    underlay: UNDERLAY,
    open: server => openVmDatapath({ lab, server }),
    host(server, name) {
      lab.addHost(nameOf(server, name));
      return nameOf(server, name);
    },
    deleteHost: (server, name) => { lab.deleteHost(nameOf(server, name)); },
    tap(_, netns, name) {
      const device = lab.host(netns).device(name);
      let read = 0;
      return {
        send: frame => { device.send(frame); },
        receive() {
          for (; read < device.heard.length; read++) {
            const frame = device.heard[read];
            if (frame && isOurs(frame)) { read++; return Promise.resolve(frame); }
          }
          return Promise.resolve(undefined);
        },
        close: () => {},
      };
    },
    leftovers(server) {
      const { maps, programs, records, devices } = lab.server(server);
      return [...maps.keys(), ...programs.keys(), ...records.keys(), ...[...devices.keys()].map(String)];
    },
  };
}

datapathSuite((name, body) => { test(`vm: ${name}`, body); }, vmWorld);
