// Reads the verifier's log: the line that says what is wrong, and the instruction it stood at. Old and new formats of it:
//
//     new  ; eth = pkt.at(Eth) @ bridge.ts:12          old  12: (71) r1 = *(u8 *)(r2 +0)
//          12: (71) r1 = *(u8 *)(r2 +0)  ; R1=scalar()      R2 invalid mem access 'scalar'
//          R2 invalid mem access 'scalar'                   processed 13 insns (limit 1000000) …
//          processed 13 insns (limit 1000000) …
//
// Kernels 7.x put a report behind it ("Verification failed: …", reason, place, path, suggestion), which says the same at length: it is left out.
//
// It never fails: what it cannot read is left out. It knows no source files; that is refusal.ts.

interface Finding {
  /** The last lines with a meaning; empty where the log is. */
  readonly message: string;
  /** Slot of the instruction, counted as loaded. */
  readonly slot?: number;
}

const CLOSING = [
  /^\s*$/, /^processed \d+ insns/, /^verification time/, /^stack depth/, /^max_states_per_insn/, /^peak_states/, /^mark_precise:/, /^last_idx /, /^regs=/, /^parent (didn't|already)/, /^Legend:/,
];
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\)/;
/** States that the new format prints at an instruction, and the old one after a jump. */
const STATE = /^(?:from \d+ to \d+: |\d+: )?(?:frame\d+: ?)?R\d+(?:_\w+)?=/;
/** Refusals of the control-flow check come before any instruction is walked, and name theirs. */
const COMMENT = /^;/;
const REPORT = /^Verification failed: /;
const MOST_LINES = 3;
const NAMED = [/unreachable insn (\d+)/, /(?:back-edge|jump out of range|loop detected) from insn (\d+)/, /\binsn #?(\d+)/];

export function readVerifierLog(log: string): Finding {
  const all = log.split('\n').map(line => line.trimEnd());
  const report = all.findIndex(line => REPORT.test(line));
  const lines = report > 0 ? all.slice(0, report) : all;
  const meaningful = lines.map((line, at) => ({ line, at })).filter(({ line }) => !STATE.test(line) && !COMMENT.test(line) && !CLOSING.some(pattern => pattern.test(line)));
  const last = meaningful.at(-1);
  if (!last) return { message: '' };
  const walked = lastWalked(lines, last.at);
  // The kernel often says it in two lines: what was tried, then why not. All that comes behind the last instruction belongs together.
  const said: string[] = [];
  for (let i = meaningful.length - 1; i >= 0 && said.length < MOST_LINES; i--) {
    const { line } = meaningful[i] as { line: string };
    if (INSTRUCTION.test(line)) break;
    said.unshift(line.trim());
  }
  const message = said.length > 0 ? said.join('; ') : last.line.trim();
  const named = said.length > 0 ? NAMED.map(pattern => pattern.exec(message)?.[1]).find(n => n !== undefined) : undefined;
  const slot = named === undefined ? walked : Number(named);
  return slot === undefined ? { message } : { message, slot };
}

function lastWalked(lines: readonly string[], from: number): number | undefined {
  for (let i = from; i >= 0; i--) {
    const match = INSTRUCTION.exec(lines[i] as string);
    if (match) return Number(match[1]);
  }
  return undefined;
}
