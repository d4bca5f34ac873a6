// The picture of the two servers, and frames that move in it. It shows steps as they were recorded and knows nothing of packets.

import type { HopPlace } from '../../../src/datapath/vm/hop.ts';
import { svg } from './dom.ts';
import type { Journey, Step } from './journey.ts';
import { SERVERS, type ServerName, TENANTS, type Tenant, type Workload } from './zone.ts';

interface Point { readonly x: number; readonly y: number }

const WIDTH = 760, HEIGHT = 352;
const BOX = { width: 318, height: 344, y: 4 };
const CHIP = { width: 118, height: 60 };
const BRIDGE = { width: 78, height: 44 };
const ROW_Y: Readonly<Record<Tenant, number>> = { red: 106, blue: 264 };
const BRIDGE_X: Readonly<Record<ServerName, number>> = { s1: 274, s2: 486 };
const LEG_MS = 320, FAST_LEG_MS = 130;
/** Legs that are shown at leisure; a longer journey goes faster. */
const SLOW_LEGS = 14;

interface Leg { readonly from: Point; readonly to: Point; readonly tenant: Tenant; readonly ends?: string }

export class Picture {
  readonly #moving = svg('g');
  readonly #workloads: ReadonlyMap<string, Workload>;
  readonly #chips = new Map<string, SVGGElement>();
  #run = 0;

  constructor(root: SVGSVGElement, workloads: readonly Workload[], picked: (workload: Workload) => void) {
    this.#workloads = new Map(workloads.map(w => [w.name, w]));
    root.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    for (const server of SERVERS) root.append(...serverBox(server));
    for (const tenant of TENANTS) root.append(...tunnel(tenant));
    for (const workload of workloads) {
      const bridge = bridgeAt(workload.server, workload.tenant), chip = chipAt(workload);
      root.append(svg('line', { x1: chip.x, y1: chip.y, x2: bridge.x, y2: bridge.y, class: `wire ${workload.tenant}` }));
    }
    for (const server of SERVERS) for (const tenant of TENANTS) root.append(bridgeBox(server, tenant));
    for (const workload of workloads) {
      const chip = chipBox(workload);
      chip.addEventListener('click', () => picked(workload));
      this.#chips.set(workload.name, chip);
      root.append(chip);
    }
    root.append(this.#moving);
  }

  mark(from: Workload, to: Workload): void {
    for (const [name, chip] of this.#chips) {
      chip.classList.toggle('from', name === from.name);
      chip.classList.toggle('to', name === to.name);
    }
  }

  /** Shows a journey; one that is being shown ends. */
  async play(journey: Journey): Promise<void> {
    const run = ++this.#run;
    this.#moving.replaceChildren();
    const legs = journey.steps.flatMap(step => this.#legs(step));
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const legMs = legs.length > SLOW_LEGS ? FAST_LEG_MS : LEG_MS;
    for (const leg of legs) {
      if (run !== this.#run) return;
      if (!still) await this.#move(leg, legMs);
      if (run !== this.#run) return;
      if (leg.ends !== undefined) this.#end(leg.to, leg.ends);
    }
  }

  async #move({ from, to, tenant }: Leg, durationMs: number): Promise<void> {
    const dot = svg('circle', { r: 7, class: `frame ${tenant}` });
    this.#moving.append(dot);
    const at = (p: Point): string => `translate(${p.x}px, ${p.y}px)`;
    await dot.animate([{ transform: at(from) }, { transform: at(to) }], { duration: durationMs, easing: 'ease-in-out', fill: 'both' }).finished;
    dot.remove();
  }

  #end({ x, y }: Point, reason: string): void {
    this.#moving.append(svg('g', { class: 'end', transform: `translate(${x} ${y})` },
      svg('g', { transform: `translate(${BRIDGE.width / 2} ${-BRIDGE.height / 2})` }, svg('circle', { r: 12 }), svg('path', { d: 'M-4.5 -4.5 L4.5 4.5 M4.5 -4.5 L-4.5 4.5' })),
      svg('text', { y: BRIDGE.height / 2 + 14 }, reason)));
  }

  /** What a server does begins where the frame came in; what a host heard is the end of the server's step. */
  #legs({ hop, refusal }: Step): readonly Leg[] {
    if (hop.at === 'host') return [];
    const server = hop.server as ServerName;
    const other = server === 's1' ? 's2' : 's1';
    const hosts = [hop.by, ...hop.to].flatMap(place => place.kind === 'endpoint' ? [this.#workloads.get(place.host)!] : []);
    const tenant = hosts[0]?.tenant ?? (refusal?.owner.startsWith('Network/blue/') ? 'blue' : 'red');
    const bridge = bridgeAt(server, tenant);
    const pointOf = (place: HopPlace): Point => place.kind === 'endpoint' ? chipAt(this.#workloads.get(place.host)!) : bridgeAt(other, tenant);
    const arrives: readonly Leg[] = hop.by.kind === 'endpoint' || refusal ? [{ from: pointOf(hop.by), to: bridge, tenant, ...(refusal && { ends: refusal.reason }) }] : [];
    return [...arrives, ...hop.to.map(place => ({ from: bridge, to: pointOf(place), tenant }))];
  }
}

function bridgeAt(server: ServerName, tenant: Tenant): Point {
  return { x: BRIDGE_X[server], y: ROW_Y[tenant] };
}

function chipAt({ name, tenant, server }: Workload): Point {
  const odd = Number(name.split('-')[1]) % 2 === 1;
  const x = 20 + 14 + CHIP.width / 2;
  return { x: server === 's1' ? x : WIDTH - x, y: ROW_Y[tenant] + (odd ? -35 : 35) };
}

function serverBox(server: ServerName): readonly SVGElement[] {
  const x = server === 's1' ? 20 : WIDTH - 20 - BOX.width;
  return [
    svg('rect', { x, y: BOX.y, width: BOX.width, height: BOX.height, rx: 12, class: 'server' }),
    svg('text', { x: x + BOX.width / 2, y: BOX.y + 20, class: 'server-name' }, `server ${server}`),
  ];
}

function tunnel(tenant: Tenant): readonly SVGElement[] {
  const y = ROW_Y[tenant];
  return [
    svg('line', { x1: BRIDGE_X.s1, y1: y, x2: BRIDGE_X.s2, y2: y, class: 'pipe' }),
    svg('line', { x1: BRIDGE_X.s1, y1: y, x2: BRIDGE_X.s2, y2: y, class: `wire ${tenant}` }),
    svg('text', { x: WIDTH / 2, y: y - 14, class: 'small' }, 'VXLAN'),
  ];
}

function bridgeBox(server: ServerName, tenant: Tenant): SVGElement {
  const { x, y } = bridgeAt(server, tenant);
  return svg('g', { class: `bridge ${tenant}` },
    svg('rect', { x: x - BRIDGE.width / 2, y: y - BRIDGE.height / 2, width: BRIDGE.width, height: BRIDGE.height, rx: 8 }),
    svg('text', { x, y: y - 2 }, 'bridge'), svg('text', { x, y: y + 13, class: 'small' }, `${tenant}/lan`));
}

function chipBox(workload: Workload): SVGGElement {
  const { x, y } = chipAt(workload);
  return svg('g', { class: `chip ${workload.tenant}`, 'data-name': workload.name },
    svg('rect', { x: x - CHIP.width / 2, y: y - CHIP.height / 2, width: CHIP.width, height: CHIP.height, rx: 8 }),
    svg('text', { x, y: y - 14, class: 'name' }, workload.name),
    svg('text', { x, y: y + 3, class: 'small' }, workload.ip4), svg('text', { x, y: y + 18, class: 'small' }, workload.mac));
}
