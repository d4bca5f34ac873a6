// Constants at the top of a file: maps, settings, ports, objects of constants, functions, plain constants.

import type { CallExpression, Expression, NewExpression, ObjectExpression, VariableDeclarator } from '../1-parse/syntax.ts';
import { mapTypeOf, typeOf } from './annotate.ts';
import { structMeaning } from './classes.ts';
import { constant, constantInt, isConstant } from './constants.ts';
import { placeOf, report, unsupported, type Context, type Meaning } from './context.ts';
import { functionMeaning } from './declare.ts';
import { expr, keyName } from './expressions.ts';
import { show, U16 } from './kinds.ts';
import { layoutOf, whyNoPrefix } from './layout.ts';
import { MAPS } from './library.ts';
import { meaningOf } from './names.ts';
import { stageMeaning } from './stages.ts';
import type { Expr, MapSymbol, SettingsSymbol } from './tree.ts';

const MOST_ENTRIES = 16_777_216n;
const MOST_PORTS = 256;

export function variableMeaning(c: Context, node: VariableDeclarator, name: string, exported: boolean): Meaning | undefined {
  const { init } = node;
  if (!init || node.id.type !== 'Identifier') return report(c, 'IOV2030', node, { name });
  if (init.type === 'NewExpression') return mapMeaning(c, init, name, exported);
  if (init.type === 'ArrowFunctionExpression') return functionMeaning(c, init, name);
  if (init.type === 'TSAsExpression' && isConstAssertion(init)) {
    return init.expression.type === 'ObjectExpression' ? enumMeaning(c, init.expression) : unsupported(c, init, "This 'as const'", 'It makes an object of constants.', 'Write `{ A: 1, B: 2 } as const`.');
  }
  if (init.type === 'CallExpression' && init.callee.type === 'Identifier') {
    const callee = meaningOf(c, init.callee.name, init.callee);
    if (callee?.kind === 'library') {
      if (callee.name === 'config' || callee.name === 'shape') return settingsMeaning(c, callee.name, init, name, exported);
      if (callee.name === 'port') return portMeaning(c, init, name);
      if (callee.name === 'stage') return stageMeaning(c, init, name);
    }
  }
  return plain(c, init, node.id.typeAnnotation ? typeOf(c, node.id.typeAnnotation.typeAnnotation) ?? 'broken' : undefined);
}

function plain(c: Context, init: Expression, type: ReturnType<typeof typeOf> | 'broken'): Meaning | undefined {
  if (type === 'broken') return undefined;
  const value: Expr | undefined = type ? constant(c, init, type) : expr(c, init);
  if (!value) return undefined;
  return isConstant(value) ? { kind: 'value', value } : report(c, 'IOV2022', init, { why: 'A module has constants and maps, but no variables.' });
}

function isConstAssertion(node: Expression & { type: 'TSAsExpression' }): boolean {
  const type = node.typeAnnotation;
  return type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === 'const';
}

function enumMeaning(c: Context, node: ObjectExpression): Meaning {
  const members = new Map<string, Expr>();
  for (const property of node.properties) {
    const name = property.type === 'Property' && !property.computed ? keyName(property.key) : undefined;
    if (property.type !== 'Property' || name === undefined) { unsupported(c, property, 'This property', 'An object of constants has names and numbers.', 'Write `Name: 1`.'); continue; }
    const value = expr(c, property.value);
    if (value && value.kind !== 'const') report(c, 'IOV2022', property.value, { why: 'An object of constants has names and numbers.' });
    else if (value) members.set(name, value);
  }
  return { kind: 'enum', members };
}

function mapMeaning(c: Context, node: NewExpression, name: string, exported: boolean): Meaning | undefined {
  const callee = node.callee.type === 'Identifier' ? meaningOf(c, node.callee.name, node.callee) : undefined;
  if (!callee || callee.kind === 'broken') return undefined;
  if (callee.kind === 'struct') { const value = expr(c, node); return value && { kind: 'value', value }; }
  if (callee.kind !== 'library' || !MAPS[callee.name]) return unsupported(c, node, "'new' of this", 'Only maps are made, at the top of a file; structs are written as objects.', 'Write `{ field: value }`.');
  const about = MAPS[callee.name];
  const [first, options] = node.arguments;
  const capacity = about?.kind === 'counter' ? 1n : first && first.type !== 'SpreadElement' ? constantInt(c, first, 'The capacity of a map is part of the module.') : report(c, 'IOV2014', node, { name: callee.name, takes: 'a capacity', given: 'nothing', cause: 'A map has room for a number of entries, which is known before it is loaded.', cure: `Write \`new ${callee.name}<…>(1024)\`.` });
  if (capacity === undefined) return undefined;
  if (capacity < 1n || capacity > MOST_ENTRIES) return report(c, 'IOV4002', first ?? node, { value: capacity, most: MOST_ENTRIES });
  const length = options && options.type === 'ObjectExpression' ? innerOf(c, options) : undefined;
  if (length === 'broken') return undefined;
  const type = mapTypeOf(c, callee.name, node, node.typeArguments?.params ?? [], length);
  if (!type) return undefined;
  if ((type.value.kind === 'map') !== (length !== undefined)) return report(c, 'IOV4013', options ?? node, type.value.kind === 'map' ? { name: callee.name, what: 'holds maps, and does not say how large they are' } : { name: callee.name, what: 'holds no maps', cure: `Remove \`inner\`, or let the value be a map.` });
  if (type.map === 'lpm') {
    const layout = layoutOf(type.key);
    const why = layout && whyNoPrefix(layout);
    if (why !== undefined) return report(c, 'IOV4004', node, { type: show(type.key), why });
  }
  if ((type.map === 'expiring' || type.map === 'ring') && type.value.kind !== 'struct') return report(c, 'IOV2004', node, { from: show(type.value), to: 'a class', cause: type.map === 'ring' ? 'Records have named fields, for those who read them.' : 'Entries that age are structs.', cure: 'Declare a class with one field.' });
  const at = placeOf(c, node);
  const inner: MapSymbol | undefined = type.value.kind === 'map' && length !== undefined ? { kind: 'map', name, exported: false, type: type.value, capacity: length, at } : undefined;
  const symbol: MapSymbol = { kind: 'map', name, exported, type, capacity: Number(capacity), at, ...(inner && { inner }) };
  c.shared.maps.push(symbol);
  return { kind: 'value', value: { kind: 'map', at: symbol.at, type, symbol } };
}

function innerOf(c: Context, node: ObjectExpression): number | 'broken' | undefined {
  const property = node.properties.find(p => p.type === 'Property' && keyName(p.key) === 'inner');
  if (property?.type !== 'Property') return undefined;
  const value = constantInt(c, property.value, 'The length of inner maps is part of the module.');
  if (value === undefined) return 'broken';
  if (value >= 1n && value <= MOST_ENTRIES) return Number(value);
  report(c, 'IOV4002', property.value, { value, most: MOST_ENTRIES });
  return 'broken';
}

function settingsMeaning(c: Context, settings: 'config' | 'shape', node: CallExpression, name: string, exported: boolean): Meaning | undefined {
  const [argument] = node.arguments;
  const found = argument?.type === 'ClassExpression' ? structMeaning(c, argument, name)
    : argument?.type === 'Identifier' ? meaningOf(c, argument.name, argument) : undefined;
  if (!argument) return report(c, 'IOV2014', node, { name: settings, takes: 'a class', given: 'nothing' });
  if (!found && (argument.type === 'ClassExpression' || argument.type === 'Identifier')) return undefined;
  if (found?.kind === 'broken') return undefined;
  if (found?.kind !== 'struct') return report(c, 'IOV2004', argument, { from: 'This', to: 'a class', cause: 'Settings are declared as a class, whose initial values are their defaults.', cure: `Write \`${settings}(class { limit: u32 = 10 })\`.` });
  const symbol: SettingsSymbol = { kind: 'settings', name, exported, settings, class: found.class, initial: found.initial, at: placeOf(c, node) };
  c.shared.settings.push(symbol);
  return { kind: 'value', value: { kind: 'settings', at: symbol.at, type: { kind: 'struct', class: found.class }, symbol } };
}

function portMeaning(c: Context, node: CallExpression, name: string): Meaning | undefined {
  if (c.shared.ports.length >= MOST_PORTS) return report(c, 'IOV5015', node, { most: MOST_PORTS });
  const symbol = { kind: 'port', name, number: c.shared.ports.length } as const;
  c.shared.ports.push(symbol);
  return { kind: 'value', value: { kind: 'const', at: placeOf(c, node), type: U16, value: BigInt(symbol.number) } };
}
