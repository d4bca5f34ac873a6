// The documentation's examples are compiled, and those with packets are run: docs/*.md, its fenced blocks of TypeScript.
//
//     ```ts run               a module, or the body of a filter's program (see `wrapped`); it compiles, and tsc takes it.
//                             `// run: send(…)`, `// run: wait(…)` and `// given: {…}` are steps of one packet case, as in filetests
//     ```ts refuse IOV1234    the same, and it is refused with this code
//     ```ts file NAME         a file as it stands, for the `ts cases` behind it
//     ```ts cases NAME        packet cases: they pass on NAME.ts
//     ```ts                   not looked at: pieces that are no examples of the language

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { runCases } from '../src/cases/run-cases.ts';
import { compile, type Compiled } from '../src/compiler/compile.ts';
import { CATALOGUE } from '../src/compiler/diagnostics/catalogue.ts';
import { formatDiagnostic } from '../src/compiler/diagnostics/diagnostic.ts';
import * as packets from '../src/lang/packets.ts';

const root = resolve(import.meta.dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'iov-test-docs-'));
after(() => rmSync(dir, { recursive: true, force: true }));
mkdirSync(join(dir, 'node_modules'));
symlinkSync(root, join(dir, 'node_modules/iovisor'));
writeFileSync(join(dir, 'package.json'), '{ "type": "module" }');
writeFileSync(join(dir, 'tsconfig.json'), '{ "extends": "iovisor/tsconfig.module.json", "compilerOptions": { "noUnusedLocals": false }, "include": ["*.ts"] }');

interface Block { readonly kind: string; readonly of: string; readonly text: string; readonly line: number }

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```ts (run|refuse|file|cases)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(m => ({
    kind: m[1] ?? '', of: m[2] ?? '', text: m[3] ?? '', line: markdown.slice(0, m.index).split('\n').length + 1,
  }));
}

const library = readFileSync(join(root, 'src/lang/module.d.ts'), 'utf8');
const VALUES = new Set([...library.matchAll(/^export (?:declare )?(?:abstract )?(?:function|const|class) (\w+)/gm)].map(m => m[1] ?? ''));
const TYPES = new Set([...library.matchAll(/^export (?:type|interface) (\w+)/gm)].map(m => m[1] ?? ''));

/**
 * An example that stands without an import gets those that it needs, and one without a program stands in one:
 * above a line `// In a program:` is the top of the file, below it, or all, the body of a filter towards an endpoint.
 */
function wrapped(text: string): string {
  const [above, below] = text.includes('// In a program:\n') ? text.split('// In a program:\n') as [string, string] : ['', text];
  const has = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(below) && !new RegExp(`(const|let) (\\{[^}]*\\b)?${name}\\b`).test(below);
  const views = [has('eth') || has('ip') ? 'const eth = pkt.at(Eth);' : '', has('ip') ? 'const ip = eth.payload(Ip); if (!ip) return next();' : ''].join(' ');
  const last = below.split('\n').findLast(line => line !== '' && !line.startsWith('//')) ?? '';
  const end = last.startsWith('return ') ? '' : 'return next();\n';
  const whole = /^export default/m.test(text) ? text : `${above}\nexport default filter({ ingress(pkt) { ${views}\n${below}${end}} });\n`;
  if (/^import .*'iovisor\/module'/ms.test(whole)) return whole;
  const code = whole.replace(/\/\/.*$/gm, '').replace(/'[^'\n]*'/g, '');
  const names = [...new Set(code.match(/\b[A-Za-z]\w*\b/g) ?? [])];
  const own = new Set([...code.matchAll(/^(?:export )?(?:const|class|function|type) (\w+)/gm)].map(m => m[1]));
  const imported = names.filter(n => !own.has(n) && (VALUES.has(n) || TYPES.has(n))).map(n => {
    if (!VALUES.has(n)) return `type ${n}`;
    // u32 and its like are a type and a function of one name: an import of the value brings both.
    return n;
  });
  return `import { ${imported.join(', ')} } from 'iovisor/module';\n${whole}`;
}

function compiled(name: string): Compiled {
  return compile({ entry: name, verifyIr: 'always', read(path) {
    const file = path.startsWith('iovisor/') ? join(root, 'src/lang/lib', path.slice('iovisor/'.length)) : join(dir, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  } });
}

function well(name: string): NonNullable<Compiled['image']> {
  const { image, diagnostics } = compiled(name);
  assert.deepEqual(diagnostics.map(formatDiagnostic), []);
  assert.ok(image);
  return image;
}

function steps(text: string): void {
  const lines = (word: string): string[] => [...text.matchAll(new RegExp(`^// ${word}: (.*)$`, 'gm'))].map(m => m[1] ?? '');
  const wanted = lines('run').map(evaluate) as packets.Sent[];
  if (wanted.length === 0) return;
  const given = Object.assign({}, ...lines('given').map(evaluate)) as Record<string, unknown>;
  const [result] = runCases({ image: well(name(text)), cases: { given, cases: { steps: wanted } }, engine: 'vm' });
  assert.equal(result?.difference ?? '', '');
}

const named = new Map<string, string>();
function name(text: string): string {
  let found = named.get(text);
  if (found === undefined) {
    found = `example${named.size}.ts`;
    named.set(text, found);
    writeFileSync(join(dir, found), wrapped(text));
  }
  return found;
}

/** An expression of packet cases; `syn(port)`, `udp4(port)` are frames in short. */
function evaluate(source: string): unknown {
  const link = packets.eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
  const v4 = packets.ipv4({ src: '10.0.0.1', dst: '10.0.0.2' });
  const short = {
    syn: (dstPort: number) => [link, v4, packets.tcp({ srcPort: 40000, dstPort, flags: 'S' })],
    syn6: (dstPort: number) => [link, packets.ipv6({ src: 'fd00::1', dst: 'fd00::2' }), packets.tcp({ srcPort: 40000, dstPort, flags: 'S' })],
    udp4: (dstPort: number, content: string | number = 'hello') => [link, v4, packets.udp({ srcPort: 40000, dstPort }), packets.data(content)],
  };
  const all = { ...packets, ...short };
  return (new Function(...Object.keys(all), `return (${source});`) as (...values: unknown[]) => unknown)(...Object.values(all));
}

const documents = readdirSync(join(root, 'docs')).filter(file => file.endsWith('.md')).map(file => ({ file, blocks: blocksOf(readFileSync(join(root, 'docs', file), 'utf8')) })).filter(d => d.blocks.length > 0);

for (const { file, blocks } of documents) {
  describe(`docs/${file}`, () => {
    for (const [i, { kind, of, text, line }] of blocks.entries()) {
      const title = `line ${line}: ${kind} ${of}`.trim();
      switch (kind) {
        case 'run':
          name(text);
          test(title, () => { well(name(text)); steps(text); });
          break;
        case 'refuse':
          test(title, () => {
            assert.ok(of in CATALOGUE, `there is no ${of}`);
            writeFileSync(join(dir, 'refused'), wrapped(text));
            const { diagnostics } = compiled('refused');
            if (of === 'IOV6001' && diagnostics.length === 0) assert.fail('it compiles now: take it out of what is not yet there, as an example that is run');
            assert.deepEqual([...new Set(diagnostics.map(d => d.code))], [of], diagnostics.map(formatDiagnostic).join('\n'));
          });
          break;
        case 'file':
          test(title, () => { writeFileSync(join(dir, of), text); if (!/\.(packets|control)\.ts$/.test(of)) well(of); });
          break;
        case 'cases': {
          // As the file was then: a tutorial's file grows.
          const now = blocks.slice(0, i).findLast(b => b.kind === 'file' && b.of === `${of}.ts`);
          test(title, async () => {
            writeFileSync(join(dir, `${of}.ts`), now?.text ?? '');
            const path = join(dir, `${of}.packets.ts`);
            writeFileSync(path, text);
            const { default: cases } = await import(`${pathToFileURL(path).href}?v=${i}`) as { readonly default: packets.Cases };
            const results = runCases({ image: well(`${of}.ts`), cases, engine: 'vm' });
            assert.ok(results.length > 0);
            assert.deepEqual(results.filter(r => !r.ok), []);
          });
        }
      }
    }
  });
}

test('the tutorial ends in the example knock, of under 60 lines', () => {
  const last = documents.find(d => d.file === 'tutorial.md')?.blocks.findLast(b => b.kind === 'file')?.text ?? '';
  assert.equal(last, readFileSync(join(root, 'examples/modules/knock/knock.ts'), 'utf8'));
  assert.ok(last.split('\n').length < 60);
});

test('tsc takes what the compiler takes, with the preset', () => {
  const { stdout, status } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(stdout, '');
  assert.equal(status, 0);
});
