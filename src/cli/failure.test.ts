// What a person is told of a program that the kernel refused: the TypeScript line and the cause at once, the verifier's log with --verbose.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { kernelTest } from '../../test/require.ts';
import { compile } from '../compiler/compile.ts';
import { Standalone } from '../datapath/standalone/standalone.ts';
import type { Image } from '../image/image.ts';
import { createNamespace, deleteNamespace } from '../netlink/namespaces.ts';
import { report } from './failure.ts';

const NAMESPACE = 'iov-t-refused';
const SOURCE = `import { Eth, filter, next, drop } from 'iovisor/module';
export default filter({
  ingress(pkt) {
    return pkt.at(Eth).type === 0x0806 ? drop('arp') : next();
  },
});`;

/** With a check of two bytes in place of the Ethernet header's 14: `add r2, 14`. */
function broken(image: Image): Image {
  const programs = image.programs.map(program => {
    const code = program.code.slice();
    for (let at = 0; at < code.length; at += 8) if (code[at] === 0x07 && code[at + 4] === 14) code[at + 4] = 2;
    return { ...program, code };
  });
  return { ...image, programs };
}

function said(t: TestContext, error: unknown, verbose: boolean): string {
  const spy = t.mock.method(console, 'error', () => undefined);
  report(error, { verbose });
  const text = spy.mock.calls.map(call => String(call.arguments)).join('\n');
  spy.mock.restore();
  return text;
}

kernelTest('a refused program: place and cause at once, the whole log with --verbose', t => {
  const { image } = compile({ read: path => path === 'arp.ts' ? SOURCE : undefined, entry: 'arp.ts' });
  assert.ok(image);
  deleteNamespace(NAMESPACE);
  try {
    createNamespace(NAMESPACE);
    let refusal: unknown;
    try {
      new Standalone({ image: broken(image), contents: {}, netns: NAMESPACE, devices: { kind: 'device', device: 'lo' } }).close();
    } catch (error) {
      refusal = error;
    }
    const short = said(t, refusal, false), long = said(t, refusal, true);
    assert.match(short, /^error: bpf PROG_LOAD ingress: EACCES \(invalid access to packet.*; at arp\.ts:4:\d+, slot \d+\. .+/);
    assert.match(short, /--verbose shows the whole log/);
    assert.doesNotMatch(short, /R1=ctx/);
    assert.match(long, /R1=ctx\(.*[\s\S]*\d+: \(.+\n[\s\S]*invalid access to packet[\s\S]*processed \d+ insns/);
  } finally {
    deleteNamespace(NAMESPACE);
  }
});
