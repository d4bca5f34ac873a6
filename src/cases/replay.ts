// A capture's packets through an element of a module, one after the other, the clock moved as the capture says: how they end.

import type { Image } from '../image/image.ts';
import type { Contents } from '../image/values.ts';
import { LINKTYPE_ETHERNET, type Capture } from '../pcapng/format.ts';
import type { CaseCapture } from './capture.ts';
import { CaseElement } from './element.ts';
import type { CaseEngine } from './engine.ts';
import { verdictWords } from './outcome.ts';

export interface Replay {
  readonly engine: CaseEngine;
  readonly image: Image;
  readonly contents: Contents;
  readonly packets: Capture;
  /** The way in of an interface's packets by its name; undefined: they are left out. */
  readonly wayOf: (name: string) => number | string | undefined;
  /** Gets what goes in and comes out. */
  readonly capture?: CaseCapture;
}

export interface Replayed {
  /** In words, with how many packets ended so; the most first. */
  readonly ends: readonly { readonly words: string; readonly packets: number }[];
  /** Packets of interfaces that have no way in, that are no Ethernet frames, or that were cut when they were captured. */
  readonly leftOut: number;
}

const NS_PER_SECOND = 1e9;
const LEAST_BYTES = 14;

/** @throws Error  contents that cannot be, an engine that refuses, a way in that there is not */
export function replay({ engine, image, contents, packets: { interfaces, packets }, wayOf, capture }: Replay): Replayed {
  const element = new CaseElement(engine, image, contents);
  const ends = new Map<string, number>();
  let leftOut = 0;
  let beforeNs: bigint | undefined;
  for (const [i, { interface: index, frame, timeNs, wireBytes }] of packets.entries()) {
    const from = interfaces[index]!;
    const by = wayOf(from.name);
    if (by === undefined || from.linkType !== LINKTYPE_ETHERNET || wireBytes !== undefined || frame.length < LEAST_BYTES) {
      leftOut++;
      continue;
    }
    if (beforeNs !== undefined && timeNs > beforeNs) element.wait(Number(timeNs - beforeNs) / NS_PER_SECOND);
    beforeNs = timeNs;
    const happened = element.send({ by, frame });
    capture?.add({ by, frame, happened, title: `packet ${i + 1}`, timeNs });
    const words = verdictWords(image, happened.verdict);
    ends.set(words, (ends.get(words) ?? 0) + 1);
  }
  return { ends: [...ends].map(([words, count]) => ({ words, packets: count })).toSorted((a, b) => b.packets - a.packets), leftOut };
}
