// The default export: what kind of program a module is, and its entries.

import type { CallExpression, Expression, ObjectExpression } from '../1-parse/syntax.ts';
import { report, sourceOf, unsupported, type Context } from './context.ts';
import { keyName } from './expressions.ts';
import { functionOf } from './functions.ts';
import { NAMED, VOID } from './kinds.ts';
import type { FunctionNode } from './declare.ts';
import type { Module, Type } from './tree.ts';

type Kind = Module['kind'];
interface Found { readonly kind: Kind; readonly call: CallExpression }

const RESULTS: Readonly<Record<Kind, string>> = { module: 'Verdict', filter: 'FilterVerdict', xdp: 'XdpVerdict' };

/** The call that makes the program, by names alone: it is asked for before anything is checked. */
export function findProgram(c: Context): Found | undefined {
  const [first, second] = c.file.tree.body.filter(node => node.type === 'ExportDefaultDeclaration');
  if (second) report(c, 'IOV2002', second, { name: 'default', cause: 'A module has one program.', cure: 'Remove one, or make two modules.' });
  for (const node of first ? [first] : []) {
    if (node.type !== 'ExportDefaultDeclaration') continue;
    const call = node.declaration;
    if (call.type !== 'CallExpression' || call.callee.type !== 'Identifier') return report(c, 'IOV1008', call);
    const top = c.file.names.get(call.callee.name);
    const name = top?.kind === 'import' && top.from === 'iovisor/module' ? top.name : undefined;
    if (name !== 'module' && name !== 'filter' && name !== 'xdp') return report(c, 'IOV1008', call);
    return { kind: name, call };
  }
  return report(c, 'IOV1008', { start: 0, end: 1 });
}

export function entriesOf(c: Context, { kind, call }: Found): Pick<Module, 'entries' | 'placement'> | undefined {
  const [argument] = call.arguments;
  if (call.arguments.length !== 1 || !argument || argument.type === 'SpreadElement') return report(c, 'IOV2014', call, { name: kind, takes: '1 argument', given: call.arguments.length });
  if (kind !== 'filter' && isFunction(argument)) {
    const entry = entryOf(c, kind, 'main', argument);
    return entry && { entries: [entry] };
  }
  if (kind === 'xdp' || argument.type !== 'ObjectExpression') return unsupported(c, argument, 'This program', kind === 'filter' ? 'A filter has a function for each way.' : 'A program is a function.', kind === 'filter' ? 'Write `filter({ egress(pkt) { … } })`.' : `Write \`${kind}(pkt => …)\`.`);
  return described(c, kind, argument);
}

function described(c: Context, kind: 'module' | 'filter', node: ObjectExpression): Pick<Module, 'entries' | 'placement'> | undefined {
  const ways = kind === 'filter' ? ['egress', 'ingress'] as const : ['packet'] as const;
  const entries: Module['entries'][number][] = [];
  let placement: Module['placement'];
  let whole = true;
  for (const property of node.properties) {
    const name = property.type === 'Property' && !property.computed ? keyName(property.key) : undefined;
    const way = ways.find(w => w === name);
    if (property.type !== 'Property' || (!way && name !== 'state')) { report(c, 'IOV2020', property, { type: `The program`, name: name ?? '…', hint: `; it has state, ${ways.join(', ')}` }); whole = false; continue; }
    if (name === 'state') {
      const { value } = property;
      if (value.type === 'Literal' && (value.value === 'endpoint' || value.value === 'origin' || value.value === 'gateway')) placement = value.value;
      else { report(c, 'IOV5016', value, { text: sourceOf(c, value) }); whole = false; }
      continue;
    }
    if (!isFunction(property.value)) { unsupported(c, property.value, 'This program', 'A program is a function.', 'Write it here: `pkt => …`.'); whole = false; continue; }
    const entry = way && entryOf(c, kind, way === 'packet' ? 'main' : way, property.value);
    if (entry) entries.push(entry); else whole = false;
  }
  if (whole && entries.length === 0) return report(c, 'IOV2019', node, { type: 'The program', name: ways.join("' or '") });
  return whole ? { entries, ...(placement && { placement }) } : undefined;
}

export function isFunction(node: Expression): node is Expression & FunctionNode {
  return node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression';
}

/** What programs of this kind may return. */
export function verdictOf(kind: Kind): Type {
  return NAMED[RESULTS[kind]] ?? VOID;
}

function entryOf(c: Context, kind: Kind, name: 'main' | 'egress' | 'ingress', node: FunctionNode): Module['entries'][number] | undefined {
  const packet: Type = { kind: 'packet', hook: kind === 'xdp' ? 'xdp' : 'tc' };
  const func = functionOf(c, node, name, { params: [packet], result: verdictOf(kind) });
  return func && { name, function: func };
}
