// docs/diagnostics.md, from the catalogue.

import { CATALOGUE, type Entry } from './catalogue.ts';

const CHAPTERS: Readonly<Record<string, string>> = {
  1: 'Files and syntax', 2: 'Names, types, values', 3: 'Packets', 4: 'Maps and settings', 5: 'Programs and control flow', 6: 'Limits of the target',
};

export function renderDiagnostics(): string {
  const parts = ['# Diagnostics of the module compiler', '', 'Rendered from src/compiler/diagnostics/catalogue.ts. Words in braces are filled in.'];
  let chapter = '';
  for (const [code, entry] of Object.entries<Entry>(CATALOGUE)) {
    const now = code.charAt(3);
    if (now !== chapter) parts.push('', `## ${CHAPTERS[now] ?? now}`);
    chapter = now;
    parts.push('', `### ${code}${entry.severity === 'warning' ? ' (warning)' : ''}`, '', `**${entry.message}**`, '', entry.cause, '', `Cure: ${entry.cure}`);
  }
  return `${parts.join('\n')}\n`;
}
