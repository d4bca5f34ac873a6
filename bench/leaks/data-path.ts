// One data path of this process: an endpoint, its network and its workload's namespace, and every some times a router and a firewall around it.

import { createNamespace, deleteNamespace, listNamespaces } from '../../src/netlink/namespaces.ts';
import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import { cycle, holdings, Seen } from '../../src/datapath/fixtures/cycles.ts';
import { openKernelDatapath } from '../../src/datapath/kernel/open.ts';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PINS, PREFIX, RUN_DIR } from '../leftovers.ts';
import { Curve, grown, type Held } from './counted.ts';

/** Firewall and router are verified anew each time, which takes long. */
const WHOLE_EVERY = 50, WARM = 20;
const WORKLOAD = `${PREFIX}w`;

/** What is wrong in the end; empty: nothing is left. */
export async function dataPathLeaks(cycles: number, stop: AbortSignal): Promise<string[]> {
  const root = `${PINS}/leaks`, stateDir = `${RUN_DIR}/leaks`;
  const server = createNamespace(`${PREFIX}s`);
  const datapath = openKernelDatapath({ server: 'leaks', root, netnsPath: server, stateDir });
  const network = imageOf('modules/bridge/bridge.ts'), filter = imageOf('modules/firewall/firewall.ts'), router = imageOf('modules/router/router.ts');
  const held = (): Held => ({ ...holdings({ root, stateDir, netns: [server] }), namespaces: listNamespaces(PREFIX).length });
  const seen = new Seen(root), stays = new Seen(root);
  const once = (all: boolean): void => {
    cycle(datapath, all ? { network, filter, router } : { network }, createNamespace(WORKLOAD), () => { seen.look(); });
    deleteNamespace(WORKLOAD);
  };
  for (let n = 0; n < WARM; n++) once(true);
  stays.look();
  const before = held(), resident = 'resident, MiB';
  // What nobody needs any more would hide what is kept.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const curve = new Curve('cycles', cycles, () => { collect(); return { [resident]: process.memoryUsage.rss() / 2 ** 20 }; });
  for (let n = 1; n <= cycles; n++) {
    once(n % WHOLE_EVERY === 0);
    if (n % WHOLE_EVERY === 0) {
      seen.forget();
      curve.look(n, n);
    }
    await setImmediate();
    stop.throwIfAborted();
  }
  const failures = await grown({ before, after: held(), seen, stays, curve, judged: [resident] });
  datapath.destroy();
  return failures;
}
