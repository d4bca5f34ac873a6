// Every message of the compiler, once: docs/diagnostics.md is rendered from here (render.ts). A code never changes its meaning.
// 1xxx files and syntax · 2xxx names, types, values · 3xxx packets · 4xxx maps and settings · 5xxx programs and control flow · 6xxx limits of the target

export interface Entry {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly cause: string;
  readonly cure: string;
}

function error(message: string, cause: string, cure: string): Entry {
  return { severity: 'error', message, cause, cure };
}
function warning(message: string, cause: string, cure: string): Entry {
  return { severity: 'warning', message, cause, cure };
}

export const CATALOGUE = {
  // ---- files and syntax
  IOV1001: error('Syntax error: {text}', 'The file is not TypeScript.', 'Mend it; any TypeScript editor shows the same place.'),
  IOV1002: error('The file is too large: {bytes} bytes, at most {most}', 'A limit keeps a compilation short.', 'Divide the module into files.'),
  IOV1003: error('Nested too deep: more than {most} levels', 'A limit keeps a compilation safe from stack overflow.', 'Name intermediate values or divide the function.'),
  IOV1004: error("There is no '{name}'", 'An import names a file that does not exist: `iovisor/module`, a library of `iovisor/…`, or a file by its relative path ending in `.ts`.', 'Correct the path.'),
  IOV1005: error("'{file}' exports no '{name}'", 'The imported file has no such export.', 'Correct the name{hint}.'),
  IOV1006: error('This form of import or export is not in the module language', 'Modules import names, `import { a, type B } from \'…\'`, and export declarations.', 'Import and export by name.'),
  IOV1007: error('Too many files: more than {most}', 'A limit keeps a compilation short.', 'Import fewer files.'),
  IOV1008: error('The module has no program', 'A module file ends with `export default module(…)`, `filter({…})` or `xdp(…)`.', 'Export a program as the default.'),
  IOV1009: error('{what} is not in the module language', '{why}', '{cure}'),
  IOV1010: error('A number with a fraction', 'The module language has integers only: the kernel\'s virtual machine has no floating point.', 'Multiply first, then divide: `x / 2` for `0.5 * x`.'),
  IOV1011: error('Text is not a value', 'Text is for drop reasons, addresses and log lines only.', 'Use a number, or `mac(…)`, `ipv4(…)`, `ipv6(…)`.'),

  // ---- names, types, values
  IOV2001: error("Unknown name '{name}'", 'Nothing of this name is declared or imported.', 'Declare or import it{hint}.'),
  IOV2002: error("'{name}' is declared twice", 'A name stands for one thing in a scope.', 'Rename one.'),
  IOV2003: error("'{name}' is no type of the module language", 'Types are integers, boolean, Mac, Ip4, Ip6, Bytes<N>, tuples of one type, classes, headers, maps, and T | undefined.', 'Use one of these.'),
  IOV2004: error('{from} where {to} is needed', 'A value of the one type does not stand for one of the other.', 'Use a value of that type.'),
  IOV2005: error('{value} is not in the range of {type}', 'It goes from {low} to {high}.', 'Use a wider type, or a constant in range.'),
  IOV2006: error('{from} may not fit {to}', 'It can be {low} to {high}; {to} is {toLow} to {toHigh}. Bits are never cut off silently.', 'Cut them off with `{to}(…)`, limit the value with `min(…)`, or use a wider type.'),
  IOV2007: error('{from} to {to} changes the sign', 'A negative number has no unsigned value, and a large one no signed value.', 'Convert with `{to}(…)`.'),
  IOV2008: error('{left} and {right} are mixed', 'Integers of up to 32 bits are `number`, wider ones `bigint`, and never mix unseen.', 'Convert one of them, `u64(…)` or `u32(…)`, or write a constant with `n` at its end.'),
  IOV2009: error("'{source}' may be undefined", 'Its type is {type}: it may not be there.', 'Test it first: `if (!x) return …`, `x?.…`, `x ?? …`.'),
  IOV2010: error("'{op}' does not work on {type}", 'It is for {works}.', 'Give it such a value, or write it in another way.'),
  IOV2011: error('{from} where {to} is needed', 'A variable keeps its type, whatever is known of its value; only the result of arithmetic is judged by its range.', 'Convert it with `{to}(…)`.'),
  IOV2012: error("'{op}' on structs", 'Structs are compared by their fields, never as a whole.', 'Compare the fields that count.'),
  IOV2013: error("{type} has no '{name}'", 'The type has no such member.', 'Correct the name{hint}.'),
  IOV2014: error("'{name}' takes {takes}, not {given}", 'A call must give what the function takes.', 'Add or remove arguments.'),
  IOV2015: error("'{text}' is not {what}", '{why}', 'Correct the text.'),
  IOV2016: error('The text must be a literal', 'Text exists only while compiling.', 'Write the text here, in quotes.'),
  IOV2017: error("'{name}' cannot be assigned", '{why}', '{cure}'),
  IOV2018: error('Of which class is this object?', 'An object literal needs a struct class, which nothing here tells.', 'Give the variable, parameter or result a type.'),
  IOV2019: error("Field '{name}' of {type} is missing", 'An object literal gives every field, or spreads another object.', 'Add the field.'),
  IOV2020: error("{type} has no field '{name}'", 'The class has no such field.', 'Correct the name{hint}.'),
  IOV2021: error("Field '{name}' needs {what}", 'Fields of a struct or header have a type and an initial value: they say how it lies in memory.', 'Write it as `{name}: u32 = 0`.'),
  IOV2022: error('A constant is needed', '{why}', 'Write a number or name a constant.'),
  IOV2023: error('Seconds and nanoseconds are mixed', '`seconds()` counts seconds, `now()` nanoseconds.', 'Use the same clock on both sides.'),
  IOV2024: error('The index {index} is not below {length}', 'There is no such element.', 'Use an index from 0 to {last}.'),
  IOV2025: error("The type of '{name}' is missing", 'A parameter says its type.', 'Write `{name}: u32`, or what it is.'),
  IOV2026: error("{type} contains itself", 'A struct lies in memory as a whole.', 'Take the field out.'),
  IOV2027: error("'{name}' is {what}, not a value", 'Only values can be computed with.', 'Use a value.'),
  IOV2028: error('Constants depend on each other in a circle', "The value of '{name}' needs itself.", 'Break the circle.'),
  IOV2029: error('Division of a constant by zero', 'The result is never meant.', 'Correct the divisor.'),
  IOV2030: error("'{name}' has no value", 'A constant of the module is declared with its value.', 'Give it a value.'),
  IOV2031: error("{type} has methods, and an object literal has none", "TypeScript would miss '{name}' in it.", 'Write `new {type}()` and assign its fields, or move the methods into functions.'),
  IOV2032: error("The type '{type}' cannot be told", "No argument of '{name}' says what it is.", 'Give it in the call: `f<u32>(…)`.'),
  IOV2033: error("'{op}' of 128 bits by so wide a number", 'The machine divides 64 bits; wider ones are divided by at most 32 bits, or by a constant power of two.', 'Divide by a value of 32 bits, `x {op} u128(u32(y))`, or take the 64 bits that count, `u64(x)`.'),
  IOV2034: error('Values that cannot be one: {what}', 'What is decided while the program runs must be one integer, one address, or one struct: verdicts, views, maps and references are known while compiling.', 'Decide before, and write the rest of each way, or make a struct of what both have.'),

  // ---- packets
  IOV3001: error("'{name}' is not a header class", 'A view is on a class that extends Header.', 'Name a header, or extend Header.'),
  IOV3002: error('{outer} never carries {inner}', 'What follows is told by a field, and none of its values says {inner}.', 'Ask the header that carries it; `pkt.at(T, offset)` looks at any place.'),
  IOV3003: error("'{name}' is under a checksum", 'A plain store would leave the checksum wrong.', 'Write `x.rewrite({ {name}: … })`, which patches it.'),
  IOV3004: error("'{name}' is read-only", 'The field is computed, or fixed by the protocol.', 'Write the fields that it follows from.'),
  IOV3005: error('The transport header is missing', 'Addresses are in the checksum of TCP, UDP and ICMPv6 too.', 'Hand over the transport header, `rewrite({…}, ip.payload(L4))`, or `undefined` if the packet has none.'),
  IOV3006: error("'{name}' is stale", 'Bytes were inserted or removed before it, at line {line}.', 'Take a new view after the packet has changed.'),
  IOV3007: error("'{name}' is not there on XDP", 'Before the kernel\'s stack there are no metadata, segments or tags.', 'Use a module or a filter.'),
  IOV3008: error('No fixed place or length: {what}', 'Bytes are moved by hand up to a place that is known while compiling: behind a header of fixed length that begins at a fixed place, within the first 142 bytes, and by a constant number of them unless it is right behind Ethernet.', 'Insert or remove behind the Ethernet header, or a constant number of bytes behind a header of fixed length.'),
  IOV3009: error('This cannot be read here: {what}', 'Where it lies, or whether it is there, follows from a header that this view was not reached through, or whose length varies.', 'Take the view through the headers before it, `eth.payload(Ip)`, or look at a place by `pkt.at(T, offset)`.'),
  IOV3010: error('This cannot be written so: {what}', 'The compiler keeps checksums and lengths right only where it knows the headers around, and writes stored fields only.', 'Write the fields that it follows from, through a view that was reached from the IP header.'),

  // ---- maps and settings
  IOV4001: error('{what} is made in a function', 'State is declared once, as a constant of the module.', 'Move it to the top of the file: `const {name} = …`.'),
  IOV4002: error('A capacity of {value}', 'A map has from 1 to {most} entries.', 'Give a number in that range.'),
  IOV4003: error('{type} cannot be stored', 'What lies in memory is made of integers, booleans, addresses, bytes, arrays and structs of these.', 'Store the fields of it that count.'),
  IOV4004: error('{type} cannot be the key of an LpmTrie: {why}', 'Prefixes are counted over the bits of the key in memory order.', 'Use big-endian fields (be16, be32, Ip4, Ip6), bytes or u8, and no padding between them.'),
  IOV4005: error("This is no entry of '{name}'", '`keep` takes the reference that `get` of the same map gave.', 'Pass what `{name}.get(…)` returned.'),
  IOV4006: error("'{name}' has no entry {index}", 'The array has {length} entries, counted from 0.', 'Use an index below {length}.'),
  IOV4007: error('Settings are read-only', 'Configuration is written by control code.', 'Keep state in a map.'),
  IOV4008: error('The default is not a constant', 'Defaults are part of the compiled module.', 'Write a constant.'),
  IOV4009: warning('Another CPU may change it in between', 'The value is shared; it is read and then written.', 'Use `+= -= |= &= ^=` on a u32 or u64, or `compareSwap`.'),
  IOV4010: warning("'{op}' is not atomic on {type}", 'The value is shared, and only u32 and u64 have atomic operations.', 'Make the field a u32 or u64.'),
  IOV4011: error('{type} is too large: {bytes} bytes, at most {most}', 'A value of a map is copied as a whole, and kernels limit it.', 'Divide it into several, or keep parts in an ArrayMap.'),
  IOV4012: error('No map can be the value of this {name}: {why}', 'A map of maps is a HashMap or an ArrayMap whose values are maps of integers, addresses and structs.', 'Use a HashMap of ArrayMaps, or put what tells the inner maps apart into the key.'),
  IOV4013: error('The {name} {what}', 'Every inner map has the same number of entries, `inner`, which is part of the module.', 'Write `new {name}<…>(512, { inner: 64 })`.'),
  IOV4014: error("The maps in '{name}' are put there by control code", 'A program finds an inner map and works with its entries; it makes no map.', "Write to the inner map: `{name}.get(…)?.set(…)`."),

  // ---- programs and control flow
  IOV5001: error('Not every way ends with a return', 'The result is {type}, and undefined may fall out at the end.', 'Return on every way.'),
  IOV5002: error('This is never reached', 'Every way before it returns or leaves.', 'Remove it.'),
  IOV5003: error('The verdict is not returned', 'A verdict decides only when the program returns it.', 'Write `return {name}(…)`.'),
  IOV5004: error("{kind} has no '{name}'", '{why}', 'Return one of {allowed}.'),
  IOV5005: error("'{what}' has no bound", 'A program must provably end.', 'Use `for (const i of range(n, most))` or `for (let i = 0; i < 8; i++)`.'),
  IOV5006: error('The loop has no proven bound: {why}', 'A loop runs at most {most} times, and that is known while compiling.', 'Use `range(n, most)` with a constant `most`.'),
  IOV5007: error("'{name}' calls itself", 'Recursion has no bound on its stack: {path}.', 'Use a loop.'),
  IOV5008: error("'{text}' is no reason", 'A reason is 1 to {most} of a-z, 0-9 and -, for people and for counters.', 'Write it as `no-such-port`.'),
  IOV5009: error('The case falls into the next', 'Every case with statements ends with break, return or continue.', 'End it with `break`.'),
  IOV5010: error('The case {value} is there twice', 'The second is never reached.', 'Remove one.'),
  IOV5011: error("A function is not a value here", 'Closures are called where they can be seen; they are not stored, passed or returned.', 'Call it, or declare a function.'),
  IOV5012: error('The type of the result must be written', '{why}', 'Write it: `function f(…): u32`.'),
  IOV5013: error("'{name}' is the loop's", 'The bound of the loop rests on it.', 'Use another variable.'),
  IOV5014: error("'{what}' stands outside of {of}", 'There is nothing that it could leave.', 'Remove it.'),
  IOV5015: error('Too many ports: more than {most}', 'A module has at most {most} named ports.', 'Leave ports unnamed: they are then as many as are wired.'),
  IOV5016: error("{text} is not a placement", "State lives at an 'endpoint', at the 'origin' of a flow, or at the 'gateway'.", 'Write one of these.'),
  IOV5017: error('{what} is not allowed at the top of a file', 'A file declares; nothing runs when it is loaded.', 'Move it into a function.'),
  IOV5018: error('{kind} cannot mirror', '{why}', 'Mirror in an element with ports, `module(pkt => …)`, or send what is worth knowing to a `RingBuffer`.'),
  IOV5019: error('The log line carries {bytes} bytes of values, at most {most}', 'A line is one small record on its way to user space; an IPv6 address is 16 bytes.', 'Log fewer values, or write two lines.'),
  IOV5020: error('Too many {what}: more than {most}', 'A kernel makes at most 33 tail calls for a packet, and the path through elements takes some of them.', 'Do more in one stage.'),

  // ---- limits of the target
  IOV6001: error('The compiler has no code for this: {what}', 'It is in the module language, and no rule says that it cannot be compiled: please report it.', 'Write it in another way.'),
  IOV6002: error('The program needs {bytes} bytes of stack, of {most}', 'The kernel gives a program {most} bytes; structs that are built and keys of maps lie there. Most is needed here: {places}.', 'Build fewer structs at the same time, or smaller ones.'),
  IOV6003: error('The program is too large: {what}, at most {most}', 'Functions are put in where they are called, and short loops are unrolled: code multiplies, and kernels refuse more than a million steps.', 'Call less, or loop with `range`.'),
  IOV6004: error('{what} needs Linux {since}, and the target is {target}', 'The image must load on the oldest kernel that it is compiled for.', 'Do without it here, or compile for Linux {since} or later.'),
  IOV6005: error("'{text}' is no target", 'A target is the version of the oldest kernel that the image must load on, and {oldest} or later.', 'Name it as `6.1`.'),
  IOV6006: error('The verifier gives up: {what}', 'It goes every way of every branch and every round of a loop, and stops only where it was before with as much knowledge. By our estimate most steps are here: {places}.', 'Loop fewer rounds, bring ways together before a loop, or decide once what several branches depend on.'),
  IOV6007: warning('The verifier may give up: it looks at about {steps} instructions, of {most}', 'It goes every way of every branch and every round of a loop, and stops only where it was before with as much knowledge. By our estimate, which is right within a factor of two for most programs and too low for some loops, most steps are here: {places}.', 'Loop fewer rounds, bring ways together before a loop, or decide once what several branches depend on.'),
} as const satisfies Record<string, Entry>;

export type Code = keyof typeof CATALOGUE;
