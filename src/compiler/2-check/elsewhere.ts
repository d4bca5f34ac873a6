// Names and types of TypeScript outside of the module language: what an author who uses them is to write instead.

import type { TSTupleElement } from '../1-parse/syntax.ts';

/** By names that are declared nowhere in a module. */
export const NAMES_ELSEWHERE: Readonly<Record<string, string>> = {
  Math: 'Write `min(…)` and `max(…)`, and plain arithmetic: `/` cuts off.', console: 'Write log`…`.', Date: 'Write `now()` or `seconds()`.',
  Promise: 'Leave it out: a program never waits.', setTimeout: 'Use an ExpiringMap: a program ends with its packet.', Map: 'Use a HashMap.', Set: 'Use a HashMap<K, u8>.',
  WeakMap: 'Use a HashMap.', Array: 'Use a tuple, `[u32, u32]`, or an ArrayMap.', Uint8Array: 'Use Bytes<N>.', Buffer: 'Use Bytes<N>.', Object: 'Declare a class.',
  String: 'Use a number: text exists only while compiling.', Number: 'Write `u32(…)`.', BigInt: 'Write `u64(…)`.', Boolean: 'Write a comparison.', Error: "Return `drop('reason')`.",
  Record: 'Declare a class, or use a HashMap.', Partial: 'Declare a class.', Readonly: 'Leave it out.', process: 'Use `config(class { … })`.', JSON: 'Send a struct with a RingBuffer.',
  ntohs: 'Leave it out: fields are read and written in host order.', htons: 'Leave it out: fields are read and written in host order.',
  ntohl: 'Leave it out: fields are read and written in host order.', htonl: 'Leave it out: fields are read and written in host order.',
};

/** By kinds of types. */
export function cureForType(node: TSTupleElement): string | undefined {
  switch (node.type) {
    case 'TSNumberKeyword': return 'Say how many bits it has: u8, u16, u32 or i32.';
    case 'TSBigIntKeyword': return 'Say how many bits it has: u64, i64 or u128.';
    case 'TSStringKeyword': case 'TSTemplateLiteralType': return 'Use a number or an address: text exists only while compiling.';
    case 'TSAnyKeyword': case 'TSUnknownKeyword': case 'TSObjectKeyword': return 'Name the type, or make the function generic: `function f<T>(x: T)`.';
    case 'TSNullKeyword': return 'Write `T | undefined`.';
    case 'TSNeverKeyword': case 'TSSymbolKeyword': return 'Use a type that has values.';
    case 'TSArrayType': return 'Use a tuple of a fixed length, `[u32, u32]`, or an ArrayMap.';
    case 'TSTupleType': return 'Declare a class with a field for each: the elements of a tuple are of one type.';
    case 'TSTypeLiteral': return 'Declare a class, whose fields have initial values.';
    case 'TSFunctionType': case 'TSConstructorType': return 'Only a parameter can be a function: hand it over where it is called.';
    case 'TSUnionType': return 'Take one type, or `T | undefined`.';
    case 'TSLiteralType': return 'Name the type of the constant, such as u8.';
    case 'TSTypeOperator': case 'TSMappedType': case 'TSConditionalType': case 'TSIndexedAccessType': case 'TSTypeQuery': case 'TSInferType': case 'TSImportType': return 'Write the type out.';
    default: return undefined;
  }
}

/** By operators. */
export const OPERATORS_ELSEWHERE: Readonly<Record<string, string>> = {
  '**': 'Multiply, or shift: `1 << n`.', typeof: 'Leave it out: types are known while compiling.', delete: 'Assign the field, or use `delete(key)` of a map.',
  in: 'Leave it out: a struct has all its fields.', void: 'Leave it out.',
};
