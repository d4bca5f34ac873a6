// Doors of a server in the kernel: devices that the machine has anyway, with a program of ours at their ingress. The device stays as it is, but that it may
// have to hear what is for others. Which there are, and what they do, is the composition's.

import type { KernelProgram } from '../../kernel/program.ts';
import type { Netlink } from '../../netlink/client.ts';
import { getLink, indexOf, setLink } from '../../netlink/links.ts';
import type { Records } from '../compose/engine.ts';
import type { Attachments } from './attachments.ts';
import { shortHash } from './names.ts';

const DOOR = 'door_';

/** `hearsAll`: since we told it so. */
interface DoorRecord { readonly device: string; readonly hearsAll?: true }

interface DoorsOptions { readonly netlink: Netlink; readonly at: Attachments; readonly records: Records }

export class Doors {
  readonly #netlink: Netlink;
  readonly #at: Attachments;
  readonly #records: Records;

  constructor({ netlink, at, records }: DoorsOptions) {
    this.#netlink = netlink;
    this.#at = at;
    this.#records = records;
  }

  /** Of their devices. */
  names(): readonly string[] {
    return this.#records.list(DOOR).map(name => (this.#records.get(name) as DoorRecord).device);
  }

  /** Ifindex of the device, where the program is attached. */
  standing(device: string): number | undefined {
    const ifindex = this.#at.attachedTo(pinOf(device));
    return ifindex !== undefined && ifindex !== 0 && getLink(this.#netlink, device)?.index === ifindex ? ifindex : undefined;
  }

  /** The record comes before the link and goes after it, so that none is forgotten. @throws SysError */
  make(device: string, program: KernelProgram, { hearsAll }: { readonly hearsAll?: true }): void {
    const pin = pinOf(device);
    if (hearsAll && getLink(this.#netlink, device)?.promiscuous === false) {
      this.#records.put(pin, { device, hearsAll } satisfies DoorRecord);
      setLink(this.#netlink, device, { promiscuous: true });
    }
    if (this.standing(device) !== undefined) {
      this.#at.switch(pin, program);
      return;
    }
    this.#records.put(pin, { device, ...this.#record(device) });
    this.#at.attach(pin, indexOf(this.#netlink, device), program);
  }

  remove(device: string): void {
    this.#at.detach(pinOf(device));
    if (this.#record(device)?.hearsAll && getLink(this.#netlink, device)) setLink(this.#netlink, device, { promiscuous: false });
    this.#records.delete(pinOf(device));
  }

  #record(device: string): DoorRecord | undefined {
    return this.#records.get(pinOf(device)) as DoorRecord | undefined;
  }
}

/** A name of a device may have dots, that of a pin may not. */
function pinOf(device: string): string {
  return DOOR + shortHash(device);
}
