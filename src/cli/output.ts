// What commands print: aligned tables for people, JSON or YAML for programs. Colours only on a terminal.

import { stringify } from 'yaml';

const colour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
export const bold = (text: string): string => (colour ? `\u001b[1m${text}\u001b[22m` : text);
export const red = (text: string): string => (colour ? `\u001b[31m${text}\u001b[39m` : text);
export const green = (text: string): string => (colour ? `\u001b[32m${text}\u001b[39m` : text);

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map(r => (r[i] ?? '').length)));
  const line = (cells: readonly string[]): string => cells.map((c, i) => (i === cells.length - 1 ? c : c.padEnd(widths[i]!))).join('  ').trimEnd();
  return [bold(line(head)), ...rows.map(line)].join('\n');
}

/** Every value of ours as JSON: a bigint is a decimal string. */
export function json(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), indent);
}

export function yaml(value: unknown): string {
  return stringify(JSON.parse(json(value))).trimEnd();
}

/** For programs, as `output` asks, or in words for people. */
export function show(output: string, value: unknown, inWords: () => void): void {
  if (output === 'json') console.log(json(value, 2));
  else if (output === 'yaml') console.log(yaml(value));
  else inWords();
}

/** One of many that follow each other: a line of JSON, a document of YAML. */
export function showNext(output: string, value: unknown, inWords: () => void): void {
  if (output === 'json') console.log(json(value));
  else if (output === 'yaml') console.log(`${yaml(value)}\n---`);
  else inWords();
}
