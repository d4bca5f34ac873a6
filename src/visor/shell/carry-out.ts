// An operation of the core, as the call of the data path that it stands for. What else belongs to it (images on disk, the log) is its caller's.

import type { Datapath } from '../../datapath/datapath.ts';
import type { Image } from '../../image/image.ts';
import type { Operation } from '../core/reconcile.ts';

/** @throws DatapathError */
export function carryOut(datapath: Datapath, operation: Operation, imageOf: (hash: string) => Image): void {
  switch (operation.kind) {
    case 'put-image': datapath.putImage(operation.hash, imageOf(operation.hash)); return;
    case 'put-tunnel': datapath.putTunnel(operation.spec); return;
    case 'put-element': datapath.putElement(operation.spec); return;
    case 'put-endpoint': datapath.putEndpoint(operation.spec); return;
    case 'remove-endpoint': datapath.removeEndpoint(operation.uid); return;
    case 'remove-element': datapath.removeElement(operation.uid); return;
    case 'remove-image': datapath.removeImage(operation.hash); return;
  }
}
