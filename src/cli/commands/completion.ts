// iov completion: a script for a shell, so that it completes commands, options and kinds, and names as the Director has them.

import { Argument, Command } from 'commander';
import { KINDS, KIND_NAMES } from '../../model/resource.ts';
import { COMMANDS } from '../commands.ts';
import { action } from '../connect.ts';

/** First of a kind, then of a name of it. */
const OF_KINDS = ['get', 'describe', 'delete', 'edit', 'audit', 'explain'];

export function completionCommand(): Command {
  return action(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'])).addHelpText('after', '\nbash: source <(iov completion bash)\nzsh:  source <(iov completion zsh)\nfish: iov completion fish | source'), completion);
}

async function completion(shell: 'bash' | 'zsh' | 'fish'): Promise<void> {
  const words = new Map<string, readonly string[]>();
  for (const { name, load } of COMMANDS) {
    const command = await load();
    const options = (c: Command): string[] => c.options.flatMap(o => [o.long, o.short].filter(x => typeof x === 'string'));
    words.set(name, [...command.commands.map(c => c.name()), ...options(command)]);
    for (const below of command.commands) words.set(`${name} ${below.name()}`, options(below));
  }
  const kinds = KIND_NAMES.map(k => KINDS[k].plural);
  console.log(shell === 'fish' ? fish(words, kinds) : bash(words, kinds, shell));
}

function bash(words: ReadonlyMap<string, readonly string[]>, kinds: readonly string[], shell: 'bash' | 'zsh'): string {
  const cases = (isBelow: boolean): string => [...words].filter(([path]) => path.includes(' ') === isBelow).map(([path, w]) => `    '${path}') words='${w.join(' ')}' ;;`).join('\n');
  return `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_iov() {
  local cur=\${COMP_WORDS[COMP_CWORD]} one=\${COMP_WORDS[1]} two=\${COMP_WORDS[2]} words=''
  if [ "$COMP_CWORD" -eq 1 ]; then words='${[...words.keys()].filter(p => !p.includes(' ')).join(' ')}'
  elif [ "$COMP_CWORD" -eq 2 ] && [[ ' ${OF_KINDS.join(' ')} ' == *" $one "* ]] && [[ $cur != -* ]]; then words='${kinds.join(' ')}'
  elif [ "$COMP_CWORD" -eq 3 ] && [[ ' ${OF_KINDS.filter(k => k !== 'explain').join(' ')} ' == *" $one "* ]] && [[ $cur != -* ]]; then words=$(iov get "$two" -o name 2>/dev/null | sed -n 's,^[^/]*/\\([a-z0-9@/-]*\\)$,\\1,p')
  else case "$one $two" in
${cases(true)}
    *) case "$one" in
${cases(false)}
    esac ;; esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _iov iov`;
}

function fish(words: ReadonlyMap<string, readonly string[]>, kinds: readonly string[]): string {
  return [
    'complete -c iov -f',
    ...COMMANDS.map(c => `complete -c iov -n __fish_use_subcommand -a ${c.name} -d '${c.summary.replaceAll("'", "\\'")}'`),
    ...[...words].flatMap(([path, w]) => {
      const [one, two] = path.split(' ');
      const when = two === undefined ? `__fish_seen_subcommand_from ${one}` : `__fish_seen_subcommand_from ${one}; and __fish_seen_subcommand_from ${two}`;
      return w.map(x => x.startsWith('--') ? `complete -c iov -n '${when}' -l ${x.slice(2)}` : x.startsWith('-') ? `complete -c iov -n '${when}' -s ${x.slice(1)}` : `complete -c iov -n '${when}' -a ${x}`);
    }),
    ...OF_KINDS.map(c => `complete -c iov -n '__fish_seen_subcommand_from ${c}' -a '${kinds.join(' ')}'`),
  ].join('\n');
}
