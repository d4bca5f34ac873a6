// Arguments of what `npm run` starts: `--help` tells the usage and ends with 0, what is wrong is said above it and ends with 2.
// The product's own commands are commander's (src/cli).

import { parseArgs, type ParseArgsConfig } from 'node:util';

export type Arguments<C extends ParseArgsConfig> = ReturnType<typeof parseArgs<C>> & {
  /** Ends the process. */
  readonly refuse: (why: string) => never;
  /** An option's text as a whole number; another ends the process. */
  readonly whole: (option: string, text: string, least: number, most: number) => number;
};

export function readArguments<const C extends ParseArgsConfig>(usage: string, config: C): Arguments<C> {
  const refuse = (why: string): never => {
    console.error(`error: ${why}\n\n${usage}`);
    process.exit(2);
  };
  const whole = (option: string, text: string, least: number, most: number): number => {
    const n = Number(text);
    return text.trim() !== '' && Number.isInteger(n) && n >= least && n <= most ? n : refuse(`--${option} is a whole number from ${least} to ${most}, not '${text}'`);
  };
  if (process.argv.slice(2).some(word => word === '--help' || word === '-h')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return { ...parseArgs(config), refuse, whole };
  } catch (error) {
    return refuse((error as Error).message);
  }
}
