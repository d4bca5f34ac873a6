// iov doctor: what this machine can do for IO Visor, and what to do about what it cannot.

import { Command } from 'commander';
import { probeMachine } from '../../kernel/probe/machine.ts';
import { action, outputOption } from '../connect.ts';
import { EXIT, Failure } from '../failure.ts';
import { green, red, show, table } from '../output.ts';

/** What no probe can find wrong, and users must know. */
const NOTES: readonly string[] = [
  'Traffic between servers is not encrypted: isolation between tenants is as good as the underlay.',
];

export function doctorCommand(): Command {
  return action(new Command('doctor').addOption(outputOption()), doctor);
}

async function doctor(options: { readonly output: string }): Promise<void> {
  const results = process.platform === 'linux' ? probeMachine() : [];
  const missing = results.filter(r => r.need === 'required' && r.answer !== 'yes');
  const report = { kernelEngine: process.platform === 'linux' && missing.length === 0, vmEngine: true, probes: results, notes: NOTES };
  show(options.output, report, () => {
    if (process.platform !== 'linux') console.log('The kernel engine needs Linux; the vm engine works here.');
    else {
      console.log(table(['', 'WHAT', 'ANSWER', 'DO'], results.map(r => [
        r.answer === 'yes' ? green('✓') : r.need === 'required' ? red('✗') : '·', r.title,
        r.answer === 'yes' ? r.detail ?? 'yes' : `${r.answer}: ${r.reason}`, r.answer === 'yes' ? '' : r.cure,
      ])));
      console.log(missing.length === 0 ? '\nThe kernel engine works here, and so does the vm engine.' : '\nThe kernel engine does not work here; the vm engine does (--engine vm).');
    }
    for (const note of NOTES) console.log(`note: ${note}`);
  });
  if (missing.length > 0) throw new Failure(`${missing.length} things that the kernel engine needs are missing`, { exitCode: EXIT.world, cure: missing[0]?.answer === 'yes' ? undefined : missing[0]?.cure });
}
