// Stages: programs behind the entries, which are reached by a tail call. Declared at the top of a file, called like functions.

import type { CallExpression, Expression, ParamPattern } from '../1-parse/syntax.ts';
import { sizeOf } from '../../image/layout.ts';
import { takes } from './access.ts';
import { typeOf } from './annotate.ts';
import { placeOf, report, unsupported, type Context, type Meaning, type Shared } from './context.ts';
import { value } from './expressions.ts';
import { functionOf, noteCall } from './functions.ts';
import { show } from './kinds.ts';
import { isFunction, verdictOf } from './program.ts';
import type { Expr, Func, StageSymbol, Type } from './tree.ts';

const MOST_STAGES = 32;
/** One behind another: 33 jumps are a kernel's limit, and the path through elements takes some. */
const MOST_IN_A_ROW = 16;
const MOST_STATE_BYTES = 64;

const PACKET: Type = { kind: 'packet', hook: 'tc' };

export function stageMeaning(c: Context, node: CallExpression, name: string): Meaning | undefined {
  const [argument] = node.arguments;
  if (node.arguments.length !== 1 || !argument || argument.type === 'SpreadElement' || !isFunction(argument)) return unsupported(c, argument ?? node, 'This stage', 'A stage is a function of the packet and perhaps a state.', 'Write it here: `stage((pkt, state: State) => …)`.');
  if (c.shared.stages.length >= MOST_STAGES) return report(c, 'IOV5020', node, { what: 'stages', most: MOST_STAGES });
  const [first, second] = argument.params;
  if (argument.params.length > 2) return report(c, 'IOV2014', argument, { name: 'stage', takes: 'at most 2 parameters', given: argument.params.length, cause: 'A stage sees the packet, and what it is handed.', cure: 'Make one struct of what it is handed.' });
  const packet = first ? annotated(c, first) ?? PACKET : PACKET;
  if (packet === 'broken') return undefined;
  if (packet.kind !== 'packet') return report(c, 'IOV2004', first ?? node, { from: show(packet), to: 'a Packet', cure: 'The packet comes first, then the state: `stage((pkt, state: State) => …)`.' });
  const state = second && (annotated(c, second) ?? report(c, 'IOV2025', second, { name: 'state' }) ?? 'broken');
  if (state === 'broken') return undefined;
  if (state && state.kind !== 'struct') return report(c, 'IOV2004', second ?? node, { from: show(state), to: 'a class', cause: 'What a stage is handed is a struct, copied as a whole; views end at the jump.', cure: 'Declare a class of the fields that it needs.' });
  const bytes = state ? sizeOf(state.class.layout) : 0;
  if (bytes > MOST_STATE_BYTES) return report(c, 'IOV4011', second ?? node, { type: show(state as Type), bytes, most: MOST_STATE_BYTES, cause: 'The state of a stage is written at the jump and read behind it, for each packet.', cure: 'Hand over what cannot be read from the packet again.' });
  const func = functionOf(c, argument, name, { params: state ? [packet, state] : [packet], result: verdictOf(c.shared.kind) });
  if (!func) return undefined;
  const stage: StageSymbol = { kind: 'stage', name, function: func, ...(state && { state }) };
  c.shared.stages.push(stage);
  return { kind: 'stage', stage };
}

function annotated(c: Context, param: ParamPattern): Type | 'broken' | undefined {
  const node = param.type === 'Identifier' ? param.typeAnnotation : undefined;
  return node ? typeOf(c, node.typeAnnotation) ?? 'broken' : undefined;
}

/** `police(pkt, { … })`. */
export function jumpTo(c: Context, symbol: StageSymbol, args: readonly Expression[], node: CallExpression): Expr | undefined {
  const { function: func } = symbol;
  const [packet, handed] = args;
  if (!takes(c, node, symbol.name, args.length, symbol.state ? 2 : 1) || !packet || !func.params[0]) return undefined;
  const given = value(c, packet, func.params[0].type);
  const state = symbol.state && handed ? value(c, handed, symbol.state) : undefined;
  if (!given || (symbol.state && !state)) return undefined;
  noteCall(c, func, node);
  return { kind: 'jump', at: placeOf(c, node), type: func.result, symbol, ...(state && { state }) };
}

/** Those that are reached, and that no way through them is too long. `order`: callees before callers. */
export function checkJumps(shared: Shared, order: readonly Func[]): void {
  const stages = new Set(shared.stages.map(s => s.function));
  const jumps = new Map<Func, number>();
  for (const func of order) {
    let most = 0;
    for (const { to, context, at } of shared.calls.get(func) ?? []) {
      const far = (jumps.get(to) ?? 0) + (stages.has(to) ? 1 : 0);
      if (far > MOST_IN_A_ROW && most <= MOST_IN_A_ROW) report(context, 'IOV5020', at, { what: 'stages one behind another', most: MOST_IN_A_ROW });
      most = Math.max(most, far);
    }
    jumps.set(func, Math.min(most, MOST_IN_A_ROW));
  }
}
