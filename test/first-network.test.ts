// docs/first-network.md as a new user follows it, and docs/functions.md in the network that it made.

import assert from 'node:assert/strict';
import { blocksOf, ran } from './page.ts';
import { kernelTest, programPath } from './require.ts';

kernelTest('every command of docs/first-network.md, and of docs/functions.md, works as it is written there', t => {
  const missing = ['unshare', 'ip', 'ping', 'bash'].filter(program => programPath(program) === undefined);
  if (missing.length > 0) { t.skip(`needs ${missing.join(', ')}`); return; }
  const first = blocksOf('docs/first-network.md', 10);
  const { out, all } = ran([...first.slice(0, -1), ...blocksOf('docs/functions.md', 9), ...first.slice(-1)]);
  for (const part of [/effective on 1 of 1 servers/, /endpoint\/shop\/db\n/, /3 received, 0% packet loss/, /\[\["10\.1\.2\.2"\],\[\{"name":"db\.db\.shop\.internal","port":5432,/, /Policies shop\/db +\d+ +no-rule +firewall/, /Endpoint shop\/db +ready +s1/, /uid 0 +created +Policy shop\/db/,
    /knock@1 is let in/, /Function shop\/guard created\neffective on 1 of 1 servers/, /Function shop\/guard\/web +\d+ +not-welcome +knock +knock\.ts:\d+/, /s1 +5432 +7001 7002 7003 +10 +60\n/, /s1, web: set\n/, /s1 +10\.1\.2\.2 +3 +[56]\d\d s\n/, /s1, web: deleted\n/, /s1 visor info {2}/, /knock@2 is let in/, /spec\.module: "knock@1" → "knock@2"/, /Module knock@1 deleted/]) assert.match(out, part, all);
});
