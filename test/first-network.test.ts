// docs/first-network.md as a new user follows it.

import assert from 'node:assert/strict';
import { ranPage } from './page.ts';
import { kernelTest, programPath } from './require.ts';

kernelTest('every command of docs/first-network.md works as it is written there', t => {
  const missing = ['unshare', 'ip', 'ping', 'bash'].filter(program => programPath(program) === undefined);
  if (missing.length > 0) { t.skip(`needs ${missing.join(', ')}`); return; }
  const { out, all } = ranPage('docs/first-network.md', 10);
  for (const part of [/effective on 1 of 1 servers/, /endpoint\/shop\/db\n/, /3 received, 0% packet loss/, /\[\["10\.1\.2\.2"\],\[\{"name":"db\.db\.shop\.internal","port":5432,/, /Policies shop\/db +\d+ +no-rule +firewall/, /Endpoint shop\/db +ready +s1/, /uid 0 +created +Policy shop\/db/]) assert.match(out, part, all);
});
