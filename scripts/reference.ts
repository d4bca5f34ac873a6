// The reference pages: kinds from the schemas, commands from iov's table, the API from its routes' words. Nothing is written by hand here.

import { COMMANDS } from '../src/cli/commands.ts';
import { EXIT_MEANINGS } from '../src/cli/failure.ts';
import { KIND_NAMES, KINDS, type Kind } from '../src/model/resource.ts';
import { fieldsOf } from '../src/model/schema-fields.ts';

export function referencePages(): Readonly<Record<string, () => string>> {
  return {
    ...Object.fromEntries(KIND_NAMES.map(kind => [`docs/reference/${kind.toLowerCase()}.md`, () => kindPage(kind)])),
    'docs/reference/iov.md': commandPage,
  };
}

function kindPage(kind: Kind): string {
  const [whole, ...fields] = fieldsOf(kind);
  return `${lines([
    `# ${kind}`, '', whole?.description ?? '', '', KINDS[kind].scope === 'zone' ? 'Of the zone: it is in no domain.' : 'In a domain.', '',
    '| field | type | | what |', '|---|---|---|---|',
    ...fields.map(f => `| \`${f.path}\` | ${cell(f.type)} | ${f.required ? 'required' : ''} | ${cell(f.description)} |`), '',
    `The same on a terminal: \`iov explain ${kind.toLowerCase()}\`.`,
  ])}`;
}

function commandPage(): string {
  return lines([
    '# iov', '', '`iov COMMAND --help` says more of each.', '', '| command | what |', '|---|---|', ...COMMANDS.map(c => `| \`iov ${c.name}\` | ${cell(c.summary)} |`), '',
    '## Exit codes', '', '| code | means |', '|---|---|', ...EXIT_MEANINGS.map(([code, means]) => `| ${code} | ${cell(means)} |`),
  ]);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function lines(of: readonly string[]): string {
  return `<!-- made by npm run generate -->\n\n${of.join('\n')}\n`;
}
