// iov explain: what a kind and its fields are, in the words of the schemas.

import { Command } from 'commander';
import { unknownName } from '../../model/explain.ts';
import { fieldsOf } from '../../model/schema-fields.ts';
import { action, outputOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { bold, show, table } from '../output.ts';
import { kindOf } from './get.ts';

export function explainCommand(): Command {
  return action(new Command('explain').argument('<kind.field>', 'such as policy, or policy.spec.ingress').addOption(outputOption()), explain);
}

async function explain(text: string, options: { readonly output: string }): Promise<void> {
  const [kindText = '', ...steps] = text.split('.');
  const kind = kindOf(kindText);
  const all = fieldsOf(kind);
  const bare = (path: string): string => path.replaceAll('[]', '');
  const path = bare(steps.join('.'));
  const found = all.find(r => bare(r.path) === path);
  const parent = path.includes('.') ? path.slice(0, path.lastIndexOf('.') + 1) : '';
  if (!found) throw new Failure(`${kind}: ${unknownName('field', steps.at(-1) ?? '', all.map(r => bare(r.path)).filter(p => p.startsWith(parent) && p !== parent.slice(0, -1) && !p.slice(parent.length).includes('.') && p !== '').map(p => p.slice(parent.length)))}`, { exitCode: EXIT.usage });
  const below = all.filter(r => bare(r.path) !== path && (path === '' || bare(r.path).startsWith(`${path}.`)));
  show(options.output, [found, ...below], () => {
    console.log(`${bold(path === '' ? kind : `${kind}.${found.path}`)} (${found.type}${found.required && path !== '' ? ', required' : ''})${found.description === '' ? '' : `\n  ${found.description}`}`);
    if (below.length > 0) console.log(`\n${table(['FIELD', 'TYPE', '', 'WHAT'], below.map(r => [r.path, r.type, r.required ? 'required' : '', r.description]))}`);
  });
}
