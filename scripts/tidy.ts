// Style as a test: imports go down the table, files are small and say what they are, pure folders stay pure.
// It reads text; types and lint are other tools' work.

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { BANS, EDGES, PACKAGE_OWNERS, PURE } from './edges.ts';

const MAX_LINES = 400;
const root = resolve(import.meta.dirname, '..');
const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g;
const IMPURE = [
  { pattern: /\bDate\.now\(|\bnew Date\(\)/, name: 'the clock' },
  { pattern: /\bMath\.random\(/, name: 'randomness' },
  { pattern: /\bprocess\.(?!stdout\b)/, name: '`process`' },
  { pattern: /\bset(Timeout|Interval|Immediate)\(/, name: 'timers' },
  { pattern: /\bfetch\(/, name: 'the network' },
] as const;

function tidy(): string[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .split('\n').filter(f => f.endsWith('.ts') && !f.startsWith('test/filetests/') && !/(^|\/)(fixtures|generated)\//.test(f));
  const problems: string[] = [];
  for (const file of files) {
    let text: string;
    try { text = readFileSync(join(root, file), 'utf8'); } catch { continue; }      // deleted, not yet committed
    problems.push(...shape(file, text), ...imports(file, text), ...purity(file, text));
  }
  return problems;
}

function shape(file: string, text: string): string[] {
  const out: string[] = [];
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES && !file.endsWith('.d.ts')) out.push(`${file}: ${lines} lines; a file is one concept of at most ${MAX_LINES}`);
  if (!/^(#!.*\n)?(\/\/|\/\*)/.test(text) && !file.endsWith('.packets.ts')) out.push(`${file}:1: opens without saying what it is and what it is not`);
  if (/\/(utils|helpers|manager|common)(\.ts|\/)/.test(`/${file}`)) out.push(`${file}: the name says nothing (no utils, helpers, manager, common)`);
  return out;
}

function imports(file: string, text: string): string[] {
  const out: string[] = [];
  const from = owner(file);
  const isTest = file.endsWith('.test.ts') || /\.(suite|contract)\.ts$/.test(file) || from === undefined;
  for (const match of text.matchAll(IMPORT)) {
    const spec = match[1] ?? match[2] ?? match[3] ?? '';
    if (spec.startsWith('.')) {
      if (!/\.(ts|json)$/.test(spec)) out.push(`${file}: import '${spec}' must end in .ts`);
      const to = owner(relative(root, resolve(root, dirname(file), spec)));
      if (isTest || to === undefined || to === from) continue;
      if (EDGES[from]?.includes(to)) continue;
      const why = BANS.find(b => b.from === from && b.to === to)?.reason ?? 'imports go down the table of scripts/edges.ts only';
      out.push(`${file}: ${from} may not import ${to}: ${why}`);
    } else if (!isTest) {
      const owners = PACKAGE_OWNERS[spec];
      if (owners && from?.startsWith('src/') && !owners.some(o => file.startsWith(`${o}/`))) out.push(`${file}: only ${owners.join(', ')} may import ${spec}`);
    }
  }
  return out;
}

function purity(file: string, text: string): string[] {
  if (file.endsWith('.test.ts') || !PURE.some(p => file.startsWith(`${p}/`))) return [];
  const out: string[] = [];
  if (/from\s*['"]node:/.test(text)) out.push(`${file}: pure, so it imports no node:*`);
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  for (const { pattern, name } of IMPURE) if (pattern.test(code)) out.push(`${file}: pure, so ${name} comes in as an argument`);
  return out;
}

function owner(file: string): string | undefined {
  return Object.keys(EDGES).find(k => file.startsWith(`${k}/`));
}

if (import.meta.main) {
  const problems = tidy();
  for (const p of problems) console.error(p);
  process.exitCode = problems.length ? 1 : 0;
}
