// Hears what changes in a namespace's network: devices and addresses, as they come. After an overrun the hearer must list again.

import { isSysError } from '../sys/errors.ts';
import type { NamespaceRef } from '../sys/namespace.ts';
import { watchReadable } from '../sys/poll.ts';
import { openNetlinkSocket } from './client.ts';
import { type Address, decodeAddress, RTM_ADDRESS } from './codec/address.ts';
import { decodeLink, type Link, RTM_LINK } from './codec/link.ts';
import { decodeMessages, type Message } from './codec/messages.ts';

/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR. */
const GROUPS = 0x1 | 0x10 | 0x100;

export type NetworkEvent =
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'link-gone'; readonly link: Link }
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'address-gone'; readonly address: Address }
  /** Events were lost. */
  | { readonly kind: 'overrun' };

export interface Monitor {
  close(): void;
  /** Lets the process end meanwhile. */
  unref(): void;
}

/** Calls `onEvent` from the event loop. @throws SysError */
export function monitorNetwork(options: { readonly netns?: NamespaceRef; readonly onEvent: (event: NetworkEvent) => void }): Monitor {
  const socket = openNetlinkSocket({ netns: options.netns, groups: GROUPS });
  let live = true;
  const drain = () => {
    while (live) {
      let bytes: Uint8Array | undefined;
      try {
        bytes = socket.receive()?.bytes;
      } catch (error) {
        if (!isSysError(error, 'ENOBUFS')) throw error;
        options.onEvent({ kind: 'overrun' });
        continue;
      }
      if (!bytes) return;
      for (const message of decodeMessages(bytes)) {
        const event = eventOf(message);
        if (event && live) options.onEvent(event);
      }
    }
  };
  const watch = watchReadable(socket.fd, drain, drain);
  return {
    close() {
      live = false;
      watch.close();
      socket.close();
    },
    unref: () => watch.unref(),
  };
}

function eventOf(message: Message): NetworkEvent | undefined {
  switch (message.type) {
    case RTM_LINK.NEW: case RTM_LINK.DELETE: {
      const link = decodeLink(message.payload);
      return link && { kind: message.type === RTM_LINK.NEW ? 'link' : 'link-gone', link };
    }
    case RTM_ADDRESS.NEW: case RTM_ADDRESS.DELETE: {
      const address = decodeAddress(message.payload);
      return address && { kind: message.type === RTM_ADDRESS.NEW ? 'address' : 'address-gone', address };
    }
    default: return undefined;
  }
}
