// Packet cases of a module, run on an engine: each case starts a fresh element with what is given, and goes through its steps.
// A mistake in the cases (contents or frames that cannot be) is that case's failure, said in its text; so is a refusal by the engine.

import type { Image } from '../image/image.ts';
import type { Logged } from '../image/logs.ts';
import type { Contents } from '../image/values.ts';
import { build } from '../lang/packets/build.ts';
import type { Cases, Sent, Waited } from '../lang/packets.ts';
import type { CaseCapture } from './capture.ts';
import { added } from './contents.ts';
import { CaseElement } from './element.ts';
import type { CaseEngine } from './engine.ts';
import { openCaseEngine, type CaseEngineName } from './engines.ts';
import type { PacketForm } from './forms.ts';
import { difference } from './outcome.ts';

export interface CaseResult {
  /** The case's sentence. */
  readonly name: string;
  readonly ok: boolean;
  /** What was expected and what happened, of the first step that failed. */
  readonly difference?: string;
  /** What the module logged, of a module that logs. */
  readonly logged?: readonly Logged[];
}

export interface RunCases {
  readonly image: Image;
  readonly cases: Cases;
  readonly engine: CaseEngineName;
  /** How packets come to tc programs, in the user-space engine; default `linear`. */
  readonly form?: PacketForm;
  /** Gets every packet of every case, up to the first that is not as expected. */
  readonly capture?: CaseCapture;
}

export function runCases({ image, cases, engine, form, capture }: RunCases): CaseResult[] {
  return Object.entries(cases.cases).map(([name, steps]): CaseResult => {
    let running: CaseEngine | undefined;
    const logged: Logged[] = [];
    const told = image.logs ? { logged } : {};
    try {
      running = openCaseEngine(engine, form);
      const differs = runCase(running, image, cases.given as Contents, { name, steps, capture, logged });
      return { name, ok: differs === undefined, ...(differs !== undefined && { difference: differs }), ...told };
    } catch (error) {
      return { name, ok: false, difference: errorText(error), ...told };
    } finally {
      running?.close();
    }
  });
}

type Step = Cases['cases'][string][number];
const isSent = (step: Step): step is Sent => 'step' in step && step['step'] === 'send';
const isWaited = (step: Step): step is Waited => 'step' in step && step['step'] === 'wait';

interface Running { readonly name: string; readonly steps: readonly Step[]; readonly capture: CaseCapture | undefined; readonly logged: Logged[] }

function runCase(engine: CaseEngine, image: Image, given: Contents, { name, steps, capture, logged }: Running): string | undefined {
  // What a case adds before its first packet is there when the program is loaded: shapes are frozen then.
  const first = steps.findIndex(step => isSent(step) || isWaited(step));
  let contents = steps.slice(0, first < 0 ? steps.length : first).reduce<Contents>((all, step) => added(image, all, step as Contents), given);
  const element = new CaseElement(engine, image, contents);

  for (const [i, step] of steps.entries()) {
    if (isWaited(step)) {
      element.wait(step.seconds);
      capture?.wait(step.seconds);
    } else if (isSent(step)) {
      const frame = build(step.frame);
      const happened = element.send({ by: step.by, frame, meta: step.meta });
      logged.push(...happened.logged);
      capture?.add({ by: step.by, frame, happened, title: `${name}, step ${i + 1}` });
      const differs = difference(image, step, happened, frame);
      if (differs !== undefined) return `step ${i + 1}: ${differs}`;
    } else if (i > first && first >= 0) {
      contents = added(image, contents, step as Contents);
      element.change(contents);
    }
  }
  return undefined;
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { log } = error as { log?: unknown };
  return typeof log === 'string' && log !== '' ? `${error.message}\n${log.slice(-3000)}` : error.message;
}
