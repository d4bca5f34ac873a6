// What the demo asks of one workload, whichever engine carries its packets, and what it measures. Both worlds answer in these words.

export interface PingResult { readonly sent: number; readonly received: number; readonly rttMs: readonly number[] }

/** A request to the agent of one workload, and the shape of its answer. */
export interface Requests {
  readonly ping: { readonly ask: { readonly to: string; readonly count: number; readonly intervalMs: number; readonly timeoutMs: number }; readonly answer: PingResult };
  readonly tcp: { readonly ask: { readonly to: string; readonly port: number; readonly timeoutMs: number }; readonly answer: { readonly ok: boolean; readonly ms: number } };
  readonly udp: { readonly ask: { readonly to: string; readonly port: number; readonly timeoutMs: number }; readonly answer: { readonly ok: boolean; readonly ms: number } };
  /** Seconds of one TCP stream; answers bytes the far end acknowledged having read. */
  readonly stream: { readonly ask: { readonly to: string; readonly port: number; readonly seconds: number }; readonly answer: { readonly bytes: number; readonly seconds: number } };
  /** So many bytes each way at once, over one connection, each looked at where it arrives; answers how many arrived at the far end and here, all as they were. */
  readonly transfer: { readonly ask: { readonly to: string; readonly up: number; readonly down: number }; readonly answer: { readonly up: number; readonly down: number; readonly seconds: number } };
  /** Opens a connection to an echo service and keeps it; again: whether it echoes still. */
  readonly hold: { readonly ask: { readonly to: string }; readonly answer: { readonly ok: boolean } };
  /** A frame as it stands, by the device. */
  readonly frame: { readonly ask: { readonly device: string; readonly hex: string }; readonly answer: { readonly sent: boolean } };
  /** How many frames that hold this text have arrived on the device since the agent started. */
  readonly heard: { readonly ask: { readonly text: string }; readonly answer: { readonly count: number } };
}
export type Op = keyof Requests;

export type Request = { readonly [O in Op]: { readonly id: number; readonly op: O; readonly ask: Requests[O]['ask'] } }[Op];
export type Reply = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: string } | { readonly ready: true };

export const PORTS = { echo: 7, sink: 9, transfer: 11 } as const;
