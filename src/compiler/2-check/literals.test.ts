// Address texts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIp4, readIp6, readMac } from './literals.ts';

test('hardware addresses', () => {
  assert.equal(readMac('02:00:00:00:00:fF'), 0x0200_0000_00ffn);
  for (const bad of ['', '02:00:00:00:00', '2:0:0:0:0:1', '02:00:00:00:00:00:00', '02-00-00-00-00-01']) assert.equal(readMac(bad), undefined);
});

test('IPv4', () => {
  assert.equal(readIp4('10.1.2.255'), 0x0a01_02ffn);
  for (const bad of ['', '10.0.0', '10.0.0.256', '10.0.0.01', '10.0.0.0.0', '10.0.0.x', '1.2.3.-4']) assert.equal(readIp4(bad), undefined);
});

test('IPv6', () => {
  assert.equal(readIp6('::'), 0n);
  assert.equal(readIp6('::1'), 1n);
  assert.equal(readIp6('fd00::2'), (0xfd00n << 112n) | 2n);
  assert.equal(readIp6('1:2:3:4:5:6:7:8'), 0x0001_0002_0003_0004_0005_0006_0007_0008n);
  assert.equal(readIp6('::ffff:10.0.0.1'), (0xffffn << 32n) | 0x0a00_0001n);
  for (const bad of ['', ':', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '1:2:3:4:5:6:7::8:9', '12345::', 'g::', '::1.2.3', ':1:2:3:4:5:6:7']) assert.equal(readIp6(bad), undefined, bad);
});
