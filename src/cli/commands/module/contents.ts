// What a module's tables and settings are to contain, from files that the user names: as they are, or through the module's control code.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Contents, Plain } from '../../../image/values.ts';
import { EXIT, Failure } from '../../failure.ts';
import { loadDefault } from './beside.ts';
import { beside, worldly } from './source.ts';

interface ContentsOptions { readonly contents?: string; readonly spec?: string }

/** Of the options --contents and --spec. @throws Failure */
export async function contentsOf(file: string, { contents, spec }: ContentsOptions): Promise<Contents> {
  if (contents !== undefined && spec !== undefined) throw new Failure('--contents and --spec are two ways to say the same', { exitCode: EXIT.usage, cure: 'give one' });
  if (contents !== undefined) return data(contents) as Contents;
  if (spec === undefined) return {};
  const control = await loadDefault<(spec: unknown) => Contents>(beside(file, 'control'), 'control code', 'modules/bridge/bridge.control.ts');
  if (typeof control !== 'function') throw new Failure(`the default export of ${beside(file, 'control')} is no function`, { cure: 'see modules/bridge/bridge.control.ts' });
  const value = data(spec);
  try {
    return control(value);
  } catch (error) {
    throw new Failure(`control code refused ${spec}: ${(error as Error).message}`, { cure: 'correct the spec, or mend the control code; --verbose shows where', cause: error });
  }
}

function data(path: string): Plain {
  const text = worldly(`${path} cannot be read`, () => readFileSync(path, 'utf8'));
  try {
    const value = parse(text) as Plain;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new Failure(`${path} is no YAML: ${(error as Error).message}`, { cause: error });
  }
  throw new Failure(`${path} is not a mapping`, { cure: 'write fields by name' });
}
