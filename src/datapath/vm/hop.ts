// What a watcher of a laboratory is told: a step of a frame. It explains nothing; why a frame ended is in the data path's counters.

export type Hop =
  /** A server's program has run: where the frame came in, as it was then, and where it goes next. Nowhere: it ended there. */
  | { readonly at: 'server'; readonly server: string; readonly by: HopPlace; readonly frame: Uint8Array; readonly to: readonly HopPlace[] }
  /** A host heard it. */
  | { readonly at: 'host'; readonly host: string; readonly frame: Uint8Array };

export type HopPlace =
  | { readonly kind: 'endpoint'; readonly uid: string; readonly host: string }
  | { readonly kind: 'tunnel' }
  /** One that the server has anyway. */
  | { readonly kind: 'device'; readonly name: string }
  /** Out of a device that the server has anyway, to a neighbour that is not there: a machine asks for it in vain, and forgets the packet. */
  | { readonly kind: 'nobody'; readonly device: string; readonly address: string }
  /** Back to the same server: copies of a flood on their way through filters. */
  | { readonly kind: 'loop' }
  /** Punted to the visor, or answered by it. */
  | { readonly kind: 'visor' }
  /** A device that is gone. */
  | { readonly kind: 'nowhere' };
