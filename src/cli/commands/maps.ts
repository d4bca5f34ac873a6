// iov maps: what the maps of a user's module hold on the servers that run it, and changes while they run.

import { Command } from 'commander';
import { parse } from 'yaml';
import type { DirectorClient } from '../../client/director.ts';
import type { ExportedMap, FunctionMaps, ReadMap } from '../../model/asks.ts';
import { action, directorOf, directorOption, outputOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { json, show, table } from '../output.ts';
import { refOf } from './get.ts';

interface Options { readonly director?: string; readonly domain?: string; readonly server?: string; readonly network?: string; readonly output: string }
interface ReadOptions extends Options { readonly key?: string; readonly limit: string }
interface SetOptions extends Options { readonly seconds?: string }

type Item = ReadMap['items'][number];
const PAGE = 500;

export function mapsCommand(): Command {
  const command = new Command('maps');
  const where = (one: Command): Command => one.option('-d, --domain <domain>', 'the domain that the function is in').option('--server <server>', 'on that one alone').option('--network <network>', 'around that one alone').addOption(directorOption());
  action(where(command.argument('[function]', 'domain/name (or with --domain)').argument('[map]', 'one that its module exports; absent: which there are, and their types'))
    .option('--key <key>', 'that entry alone').option('--limit <entries>', 'of each server, in the order of keys', String(PAGE)).addOption(outputOption()), read);
  const set = new Command('set').description('Set an entry where the function runs now, as a packet could: it is not stored. What it shall always have belongs into its config.')
    .argument('<function>').argument('<map>').argument('<key>', 'YAML: 10.0.0.1, 443, {port: 443, proto: 6}').argument('<value>', 'YAML').option('--seconds <seconds>', 'of expiring maps: for so long; absent: it stays');
  const unset = new Command('delete').description('Delete an entry where the function runs now; what the config has is not to be deleted so.').argument('<function>').argument('<map>').argument('<key>', 'YAML');
  command.addCommand(action(where(set).addOption(outputOption()), setEntry)).addCommand(action(where(unset).addOption(outputOption()), deleteEntry));
  return command;
}

function pathOf(name: string, options: Options): string {
  const { domain, name: own } = refOf('Function', name, options.domain);
  return `${domain}/${own}`;
}

async function read(name: string | undefined, map: string | undefined, options: ReadOptions): Promise<void> {
  if (name === undefined) throw new Failure('which function?', { exitCode: EXIT.usage, cure: 'write iov maps DOMAIN/FUNCTION [MAP]; iov get functions names them' });
  const director = directorOf(options);
  const path = pathOf(name, options);
  if (map === undefined) return list(await director.maps(path), options.output);
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new Failure(`--limit is a number of entries, not '${options.limit}'`, { exitCode: EXIT.usage, cure: 'write 1 or more' });
  const found = await readAll(director, path, map, options, limit);
  const { items, silent, more } = found;
  show(options.output, { map: found.map, items, silent }, () => {
    if (items.every(i => (i.rows ?? []).length === 0)) console.error(items.length === 0 ? `it runs nowhere${options.server === undefined && options.network === undefined ? '' : ' there'}` : 'no entries');
    else console.log(rowsText(found.map, items));
  });
  for (const i of items) if (i.refused !== undefined) console.error(`${i.server}, ${i.network}: ${i.refused}`);
  if (more.length > 0) console.error(`there is more on ${more.join(', ')}: --limit NUMBER`);
  unlessSilent(silent);
}

/** Of each place as many entries as were asked for, in as many answers as that takes. */
async function readAll(director: DirectorClient, path: string, map: string, { server, network, key }: ReadOptions, limit: number): Promise<Pick<ReadMap, 'map' | 'silent'> & { items: Item[]; more: string[] }> {
  const items: Item[] = [], silent: ReadMap['silent'][number][] = [], more = new Set<string>();
  for (let next: string | undefined = undefined, first = true; ; first = false) {
    const page: ReadMap = await director.readMap(path, map, { server, network, key: key === undefined ? undefined : json(valueIn(key, 'the key')), limit: Math.min(limit, PAGE), ...first ? {} : { continue: next } });
    silent.push(...page.silent);
    for (const item of page.items) {
      const rows = [...item.rows ?? []];
      let after = item.next;
      while (after !== undefined && rows.length < limit) {
        const [rest] = (await director.readMap(path, map, { server: item.server, network: item.network, limit: Math.min(limit - rows.length, PAGE), after })).items;
        rows.push(...rest?.rows ?? []);
        after = rest?.next;
      }
      if (after !== undefined) more.add(item.server);
      const { next: _, ...shown } = item;
      items.push({ ...shown, ...item.rows && { rows } });
    }
    if (page.continue === undefined) return { map: page.map, items, silent, more: [...more] };
    next = page.continue;
  }
}

function list(maps: FunctionMaps, output: string): void {
  show(output, maps, () => {
    if (maps.maps.length === 0) console.error(`Module ${maps.module} exports no maps`);
    else console.log(table(MAPS_HEAD, maps.maps.map(mapCells)));
  });
}

const SET: Readonly<Record<ExportedMap['set'], string>> = { both: 'config, iov maps set', config: 'config', never: 'packets' };

/** Also for `iov describe function`. */
export const MAPS_HEAD = ['MAP', 'KIND', 'KEY', 'VALUE', 'ROOM', 'IN CONFIG', 'SET BY'] as const;
export function mapCells(m: ExportedMap): string[] {
  return [m.name, m.kind, m.key, m.value, String(m.entries), m.inConfig === undefined ? '' : String(m.inConfig), SET[m.set]];
}

/** A column for each field of structs. */
function rowsText(map: ExportedMap, items: readonly Item[]): string {
  const all = items.flatMap(i => (i.rows ?? []).map(row => ({ ...row, server: i.server, network: i.network })));
  const networks = new Set(items.map(i => i.network)).size > 1;
  const expires = map.kind === 'expiring';
  const [keys, values] = [map.key === '' ? [] : fieldsOf(all[0]?.key, 'KEY'), fieldsOf(all[0]?.value, 'VALUE')];
  const cells = (value: unknown, fields: readonly Field[]): string[] => fields.map(f => textOf(f.name === undefined ? value : (value as Readonly<Record<string, unknown>>)[f.name]));
  return table(['SERVER', ...networks ? ['NETWORK'] : [], ...keys.map(f => f.head), ...values.map(f => f.head), ...expires ? ['EXPIRES'] : []],
    all.map(r => [r.server, ...networks ? [r.network] : [], ...cells(r.key, keys), ...cells(r.value, values), ...expires ? [r.expiresSeconds === undefined ? 'never' : `${Math.ceil(r.expiresSeconds)} s`] : []]));
}

interface Field { readonly name: string | undefined; readonly head: string }

function fieldsOf(value: unknown, head: string): readonly Field[] {
  const isStruct = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isStruct ? Object.keys(value).map(name => ({ name, head: name.toUpperCase() })) : [{ name: undefined, head }];
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(' ');
  return typeof value === 'object' && value !== null ? json(value) : String(value);
}

function setEntry(name: string, map: string, key: string, value: string, _: SetOptions, command: Command): Promise<void> {
  // An option that `maps` has too is read as its.
  const options = command.optsWithGlobals<SetOptions>();
  const seconds = options.seconds === undefined ? undefined : Number(options.seconds);
  return change(name, map, { set: [[valueIn(key, 'the key'), valueIn(value, 'the value')]], ...seconds !== undefined && { seconds } }, options);
}

function deleteEntry(name: string, map: string, key: string, _: Options, command: Command): Promise<void> {
  return change(name, map, { delete: [valueIn(key, 'the key')] }, command.optsWithGlobals<Options>());
}

async function change(name: string, map: string, what: object, options: Options): Promise<void> {
  const { server, network, output } = options;
  const changed = await directorOf(options).changeMap(pathOf(name, options), map, { ...what, server, network } as Parameters<DirectorClient['changeMap']>[2]);
  show(output, changed, () => {
    for (const i of changed.items) if (i.changed !== undefined) console.log(`${i.server}, ${i.network}: ${i.changed === 0 ? 'there was no such entry' : 'set' in what ? 'set' : 'deleted'}`);
  });
  const refused = changed.items.filter(i => i.refused !== undefined);
  if (refused.length > 0) throw new Failure(refused.map(i => `${i.server}, ${i.network}: ${i.refused}`).join('; '), { exitCode: EXIT.refused });
  unlessSilent(changed.silent);
}

/** What was heard is printed; that somebody was not is a failure all the same. */
function unlessSilent(silent: ReadMap['silent']): void {
  if (silent.length > 0) throw new Failure(`${silent.length} of the servers did not answer: ${silent.map(s => `${s.server} (${s.why})`).join(', ')}`, { exitCode: EXIT.world, cure: 'see iov get servers' });
}

/** As YAML has it: what a bare word is not, quotes say. Integers keep all their digits. */
function valueIn(text: string, what: string): unknown {
  try {
    return JSON.parse(JSON.stringify(parse(text, { intAsBigInt: true }), (_, v: unknown) => typeof v !== 'bigint' ? v : Number.isSafeInteger(Number(v)) ? Number(v) : v.toString()));
  } catch (e) {
    throw new Failure(`${what} is not YAML: ${(e as Error).message.split('\n')[0]}`, { exitCode: EXIT.usage, cure: 'write it as in a config, in quotes of the shell' });
  }
}
