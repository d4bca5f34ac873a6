// iov logs: what modules say by `log` where they run, what visors and the Director say of themselves.

import { Command } from 'commander';
import type { ReadLogs } from '../../model/asks.ts';
import { DEFAULT_LINES, MAX_LINES, type LogLine } from '../../model/log-lines.ts';
import { kindNamed } from '../../model/resource.ts';
import { action, directorOf, directorOption, outputOption, visorOf, visorOption } from '../connect.ts';
import { durationMs } from '../duration.ts';
import { EXIT, Failure, printable } from '../failure.ts';
import { show, showNext } from '../output.ts';

interface Options { readonly director?: string; readonly visor?: string; readonly domain?: string; readonly server?: string; readonly follow?: boolean; readonly tail: string; readonly since?: string; readonly output: string }
interface Of { readonly of: string; readonly network?: string }
type Read = (after: string | undefined) => Promise<ReadLogs>;

const FOLLOW_MS = 1000;

export function logsCommand(): Command {
  return action(new Command('logs')
    .argument('[of]', 'a function: domain/name, or domain/name/network; domain/NAME: all of its functions; server/NAME: its visor, and modules there; director. Absent: the visor of this machine')
    .option('-f, --follow', 'go on: print what is said')
    .option('-d, --domain <domain>', 'the domain that the function is in').option('--server <server>', 'of that one alone')
    .option('--tail <lines>', 'the newest, of each server', String(DEFAULT_LINES)).option('--since <duration>', 'only what is not older: 90s, 10m, 2h')
    .addOption(outputOption()).addOption(directorOption()).addOption(visorOption()), logs);
}

async function logs(name: string | undefined, options: Options): Promise<void> {
  const limit = Number(options.tail);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LINES) throw new Failure(`--tail is a number of lines in 1 … ${MAX_LINES}, not '${options.tail}'`, { exitCode: EXIT.usage });
  const read = name === undefined && options.domain === undefined ? ofThisMachine(options, limit) : ofZone(name, options, limit);
  const oldestMs = options.since === undefined ? 0 : Date.now() - durationMs(options.since, '--since');
  let silent = '';
  for (let after: string | undefined; ;) {
    const answer: ReadLogs = await read(after);
    const lines = answer.items.filter(l => l.wallMs >= oldestMs);
    print(lines, options);
    const missing = answer.silent.map(s => `${s.server} (${s.why})`).join(', ');
    if (!options.follow) {
      if (lines.length === 0 && missing === '' && options.output === 'table') console.error('nothing was said lately');
      if (missing !== '') throw new Failure(`${answer.silent.length} of the servers did not answer: ${missing}`, { exitCode: EXIT.world, cure: 'see iov get servers' });
      return;
    }
    if (missing !== silent) console.error(missing === '' ? 'all servers answer' : `not heard: ${missing}`);
    silent = missing;
    after = answer.after;
    await new Promise(done => setTimeout(done, FOLLOW_MS));
  }
}

function ofThisMachine(options: Options, limit: number): Read {
  const visor = visorOf(options);
  return async after => {
    const { lines, last } = await visor.logs(Number(after ?? 0), limit);
    return { items: [...lines], silent: [], after: String(last) };
  };
}

function ofZone(name: string | undefined, options: Options, limit: number): Read {
  const director = directorOf(options);
  const of = ofNamed(name, options.domain);
  return after => director.logs({ ...of, server: options.server, limit: after === undefined ? limit : MAX_LINES, after });
}

/** `shop/guard`, `function/shop/guard`, `shop/guard/web`, `domain/shop`, `server/s1`, `director`. */
function ofNamed(name: string | undefined, domain: string | undefined): Of {
  if (name === undefined) return { of: `Domain/${domain}` };
  if (name.toLowerCase() === 'director' && domain === undefined) return { of: 'Director' };
  const parts = name.split('/');
  const kind = parts.length > 1 ? kindNamed(parts[0]!) : undefined;
  if (kind === 'Server' || kind === 'Domain') return { of: `${kind}/${parts.slice(1).join('/')}` };
  const [first, second, network, more] = [...domain === undefined ? [] : [domain], ...kind === 'Function' ? parts.slice(1) : parts];
  if (second === undefined || more !== undefined || kind !== undefined && kind !== 'Function') throw new Failure(`'${name}' does not say whose logs`, { exitCode: EXIT.usage, cure: 'write domain/function, domain/NAME, server/NAME or director' });
  return { of: `Function/${first}/${second}`, ...network !== undefined && { network } };
}

function print(lines: readonly LogLine[], { output, follow }: Options): void {
  const inWords = (l: LogLine): void => console.log(lineText(l));
  if (follow) for (const l of lines) showNext(output, l, () => inWords(l));
  else show(output, lines, () => lines.forEach(inWords));
}

function lineText({ wallMs, server, source, owner, at, level, text, unsaid }: LogLine): string {
  const who = source === 'module' ? `${owner?.replace(/^Function\//, '') ?? 'module'} ${at}` : `${source} ${level}`;
  return printable(`${new Date(wallMs).toISOString()} ${server === '' ? '' : `${server} `}${who}  ${unsaid === undefined ? text : `… ${unsaid} more, which were not kept`}`);
}
