// Numbers that two parts must agree on, and that neither may import from the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_FLOOD_PORTS } from '../src/datapath/joints/flood.ts';
import { MAX_NETWORK_PORTS } from '../src/model/plan.ts';
import { MAX_LOCAL_ENDPOINTS } from '../src/visor/core/document.ts';
import { MAX_REPORTED } from '../src/model/status.ts';

test('the Director refuses a network that a flood could not reach', () => {
  assert.equal(MAX_NETWORK_PORTS, MAX_FLOOD_PORTS);
});

test('all endpoints of a server fit into its status', () => {
  assert.ok(MAX_LOCAL_ENDPOINTS <= MAX_REPORTED);
});
