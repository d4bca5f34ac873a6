// Tests that the joints' texts assemble and that their lines are those of their files.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { door, trunk } from './door.ts';
import { drop } from './drop.ts';
import { decapsulate } from './decapsulate.ts';
import { decapsulateSix } from './decapsulate-six.ts';
import { encapsulate } from './encapsulate.ts';
import { encapsulateSix } from './encapsulate-six.ts';
import { inner } from './inner.ts';
import { arrival, enter, entry } from './entry.ts';
import { family } from './family.ts';
import { finish } from './finish.ts';
import { flood, flooding } from './flood.ts';
import { mirror } from './mirror.ts';
import { again, deliver, pass } from './pass.ts';
import { prologue } from './prologue.ts';
import { punt, reenter } from './punt.ts';
import { reply, to } from './to.ts';
import { answerTooBig, large } from './too-big.ts';
import { tunnelDevice, tunnelKey } from './tunnel.ts';

const joints = [drop, prologue, to, reply, flood, flooding, mirror, family, finish, pass, deliver, again, entry, arrival, enter, decapsulate, decapsulateSix, inner, encapsulate, encapsulateSix, tunnelDevice, tunnelKey, door, trunk, punt, reenter, large, answerTooBig];

for (const { source, sites, lines } of joints) {
  test(`${source.name}: its lines lead to its file`, () => {
    const file = readFileSync(resolve(import.meta.dirname, '../../..', source.file), 'utf8').split('\n');
    assert.ok(file[source.line - 1]?.endsWith('`'), `${source.file}:${source.line} is not where the text begins`);
    for (const { reason, line } of sites) assert.ok(file[line - 1]?.includes(`const(site:${reason})`), `${reason} at line ${line}`);
    assert.ok(lines.length > 0);
  });
}
