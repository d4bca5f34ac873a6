// The data path's suite in the vm: servers, hosts and underlay are a laboratory in this process.

import { test } from 'node:test';
import { vmWorld } from './fixtures/vm-world.ts';
import { doorSuite } from './suite-doors.ts';
import { mtuSuite } from './suite-mtu.ts';
import { puntSuite } from './suite-punts.ts';
import { tableSuite } from './suite-tables.ts';
import { datapathSuite } from './suite.ts';

datapathSuite((name, body) => { test(`vm: ${name}`, body); }, vmWorld);
doorSuite((name, body) => { test(`vm: ${name}`, body); }, vmWorld);
puntSuite((name, body) => { test(`vm: ${name}`, body); }, vmWorld);
mtuSuite((name, body) => { test(`vm: ${name}`, body); }, vmWorld);
tableSuite((name, body) => { test(`vm: ${name}`, body); }, vmWorld);
