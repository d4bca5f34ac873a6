// examples/office/README.md as a new user follows it.

import assert from 'node:assert/strict';
import { blocksOf, ran } from '../page.ts';
import { kernelCounterpartTest } from '../require.ts';

kernelCounterpartTest(['unshare', 'ip', 'ping', 'bash', 'udhcpc', 'dig'], 'every command of examples/office/README.md works as it is written there', () => {
  const { out, all } = ran(blocksOf('examples/office/README.md', 7));
  for (const part of [
    /effective on 1 of 1 servers/, /office\/web is attached: .*, 10\.20\.2\.10\/24, 2001:db8:20:2::10\/64/, /^2001:db8:20:2::10$/m, /^0 0 80 web\.servers\.office\.example\.$/m,
    /^ELEMENT +IN PACKETS/m, /^office\/desk +\d+ /m, /Policies office\/desks +\d+ +no-rule +firewall/, /^iovisor_dropped_packets_total\{element="Policies\/office\/desks",module="firewall",reason="no-rule"\} [1-9]/m,
  ]) assert.match(out, part, all);
  assert.equal(out.match(/2 received, 0% packet loss/g)?.length, 4, all);
});
