// Tests of the linker: bytes before and after.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Program } from '../../image/image.ts';
import { link } from './link.ts';
import { modulePiece, type Piece } from './piece.ts';
import { readVerdict, verdictJoints } from './verdicts.ts';

const slots = (...hex: string[]): Uint8Array => Uint8Array.from(Buffer.from(hex.join(''), 'hex'));
const piece = (name: string, code: Uint8Array, rest: Partial<Piece> = {}): Piece => ({ name, code, patches: [], files: [], lines: [], functions: [], ...rest });

const JA = '0500000000000000', EXIT = '9500000000000000', LDDW = ['1801000000000000', '0000000000000000'];

function linked(input: Parameters<typeof link>[0]) {
  const result = link(input);
  assert.ok(result.ok, result.ok ? '' : result.problem);
  return result.linked;
}

test('exits lead to joints, each once, and lines move along', () => {
  const program: Program = {
    name: 'main', hook: 'tc', stackBytes: 0, functions: [],
    code: slots(...LDDW, ...LDDW, 'b702000000000000', JA, JA),
    relocations: [
      { kind: 'map', slot: 0, map: 1 }, { kind: 'map-value', slot: 2, map: 0, offset: 12 },
      { kind: 'constant', slot: 4, name: 'element' }, { kind: 'exit', slot: 5, exit: 'drop' }, { kind: 'exit', slot: 6, exit: 'drop' },
    ],
    lines: [{ slot: 0, file: 0, line: 3, column: 1, text: '' }, { slot: 5, file: 0, line: 9, column: 2, text: '' }],
  };
  const body = modulePiece(program, ['a.ts'], { map: index => 40 + index, constant: name => (name === 'element' ? 77 : 1000) });
  const prologue = piece('entry', slots('b700000000000000'), { files: ['entry.ts'], lines: [{ slot: 0, file: 0, line: 1, column: 1, text: '' }] });
  const out = linked({ prologue, body, joints: verdictJoints() });
  assert.equal(Buffer.from(out.code).toString('hex').match(/.{16}/g)?.join(' '), [
    'b700000000000000',
    '1811000029000000', '0000000000000000',
    '1821000028000000', '000000000c000000',
    'b70200004d000000',
    '0500010000000000', '0500000000000000',
    'b400000000000500', '4c20000000000000', '9500000000000000',
  ].join(' '));
  assert.deepEqual(out.pieces, [{ slot: 0, name: 'entry' }, { slot: 1, name: 'main' }, { slot: 8, name: 'drop' }]);
  assert.deepEqual(out.files, ['entry.ts', 'a.ts']);
  assert.deepEqual(out.lines.map(l => [l.slot, l.file, l.line]), [[0, 0, 1], [1, 1, 3], [6, 1, 9]]);
});

test('joints exit to joints and may share one', () => {
  const to = piece('to', slots(JA), { patches: [{ kind: 'exit', slot: 0, to: 'drop' }] });
  const out = linked({ body: piece('main', slots(JA), { patches: [{ kind: 'exit', slot: 0, to: 'to' }] }), joints: new Map([['to', to], ['drop', piece('drop', slots(EXIT))]]) });
  assert.deepEqual(out.pieces.map(p => p.name), ['main', 'to', 'drop']);
});

test('a joint that is called stands once, as a function behind all others; it cannot exit', () => {
  const call = '85100000ffffffff';
  const effect = piece('mirror', slots(EXIT));
  const body = piece('main', slots(call, '8510000001000000', JA, call, EXIT), {
    patches: [{ kind: 'call', slot: 0, to: 'mirror' }, { kind: 'exit', slot: 2, to: 'drop' }, { kind: 'call', slot: 3, to: 'mirror' }], functions: [{ slot: 3, name: 'f' }],
  });
  const joints = new Map([['drop', piece('drop', slots(EXIT, EXIT))], ['mirror', effect]]);
  const out = linked({ body, joints });
  const view = new DataView(out.code.buffer);
  assert.deepEqual(out.functions, [{ slot: 5, name: 'f' }, { slot: 7, name: 'mirror' }]);
  assert.deepEqual([0, 1, 5].map(slot => slot + 1 + view.getInt32(slot * 8 + 4, true)), [7, 5, 7]);
  const leaving = piece('mirror', slots(JA), { patches: [{ kind: 'exit', slot: 0, to: 'drop' }] });
  assert.match(JSON.stringify(link({ body, joints: new Map([...joints, ['mirror', leaving]]) })), /an exit inside a function/);
  assert.match(JSON.stringify(link({ body, joints: new Map([['drop', effect]]) })), /nothing is joined to the call 'mirror'/);
});

test('functions stay behind the joints and calls still reach them', () => {
  const body = piece('main', slots('8510000001000000', JA, EXIT, '85100000ffffffff', EXIT), {
    patches: [{ kind: 'exit', slot: 1, to: 'drop' }], functions: [{ slot: 2, name: 'f' }, { slot: 3, name: 'g' }],
  });
  const out = linked({ body, joints: new Map([['drop', piece('drop', slots(EXIT, EXIT))]]) });
  const view = new DataView(out.code.buffer);
  assert.deepEqual(out.functions, [{ slot: 4, name: 'f' }, { slot: 5, name: 'g' }]);
  assert.equal(view.getInt32(4, true), 3, 'main calls f at slot 4');
  assert.equal(view.getInt16(8 + 2, true), 0, 'the joint is right behind');
  assert.equal(view.getInt32(5 * 8 + 4, true), -1, 'g calls itself: slot 5');
});

test('what cannot be joined is said, not thrown', () => {
  const exits = piece('main', slots(JA), { patches: [{ kind: 'exit', slot: 0, to: 'next' }] });
  assert.deepEqual(link({ body: exits, joints: new Map() }), { ok: false, problem: `main, slot 0: nothing is joined to the exit 'next'` });
  assert.equal(link({ body: piece('main', slots(JA), { patches: [{ kind: 'map', slot: 0, handle: 1 }] }), joints: new Map() }).ok, false);
  assert.equal(link({ body: piece('main', slots(EXIT), { patches: [{ kind: 'map', slot: 9, handle: 1 }] }), joints: new Map() }).ok, false);
  const far = piece('main', new Uint8Array(8 * 40000), { patches: [{ kind: 'exit', slot: 0, to: 'drop' }] });
  far.code[0] = 0x05;
  assert.match(JSON.stringify(link({ body: far, joints: verdictJoints() })), /farther than a jump reaches/);
});

test('a verdict reads as it was given', () => {
  assert.deepEqual(readVerdict(1 << 16 | 513), { exit: 'to', value: 513 });
  assert.deepEqual(readVerdict(5 << 16), { exit: 'drop', value: 0 });
  assert.equal(readVerdict(2), undefined);
});
