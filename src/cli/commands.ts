// The table of iov's commands. Each is a file that is loaded only when it is asked for: `iov get` does not wait for the compiler,
// nor `iov endpoint attach` for schemas. What a command is for stands here once, so that --help needs none of them.

import type { Command } from 'commander';

interface CommandEntry { readonly name: string; readonly summary: string; readonly load: () => Promise<Command> }

export const COMMANDS: readonly CommandEntry[] = [
  entry('up', 'Run a Director and the visor of this machine: all that one machine needs.', async () => (await import('./commands/up.ts')).upCommand()),
  entry('director', 'Run the Director. People show tokens, visors certificates; root uses its unix socket.', async () => (await import('./commands/director.ts')).directorCommand()),
  entry('visor', 'Run the visor of this server. If it ends, even by SIGKILL, packets go on.', async () => (await import('./commands/visor.ts')).visorCommand()),
  entry('down', 'Take the data path of this server away, which goes on when the visor ends.', async () => (await import('./commands/down.ts')).downCommand()),
  entry('apply', 'Create or change resources from YAML: all of them, or none if one is wrong.', async () => (await import('./commands/apply.ts')).applyCommand()),
  entry('diff', 'What an apply would change, in resources and in plans of servers. Exit code 1: something differs.', async () => (await import('./commands/diff.ts')).diffCommand()),
  entry('get', 'List resources.', async () => (await import('./commands/get.ts')).getCommand()),
  entry('describe', 'Everything about one resource: what is set, what is, and what belongs to it.', async () => (await import('./commands/describe.ts')).describeCommand()),
  entry('edit', 'One resource in your editor.', async () => (await import('./commands/edit.ts')).editCommand()),
  entry('delete', 'Delete resources. What still depends on one is named, and it stays.', async () => (await import('./commands/delete.ts')).deleteCommand()),
  entry('explain', 'What a kind of resource and its fields are.', async () => (await import('./commands/explain.ts')).explainCommand()),
  entry('audit', 'Who changed which resource, when, and from what to what.', async () => (await import('./commands/audit.ts')).auditCommand()),
  entry('backup', 'Write the store of the Director to a file, while it runs.', async () => (await import('./commands/backup.ts')).backupCommand()),
  entry('restore', 'Put a backup in the place of the store of a Director that does not run.', async () => (await import('./commands/backup.ts')).restoreCommand()),
  entry('endpoint', 'Attach workloads of this machine to networks.', async () => (await import('./commands/endpoint.ts')).endpointCommand()),
  entry('maps', "What the maps of a Function's module hold on its servers, and changes while they run.", async () => (await import('./commands/maps.ts')).mapsCommand()),
  entry('logs', 'What modules log where they run, and what visors and the Director say of themselves.', async () => (await import('./commands/logs.ts')).logsCommand()),
  entry('drops', 'Packets that were dropped, by module, line and reason: live counters.', async () => (await import('./commands/drops.ts')).dropsCommand()),
  entry('stats', 'What was counted on this machine: traffic by element and endpoint, packets by rule and drop site; live with --watch.', async () => (await import('./commands/stats.ts')).statsCommand()),
  entry('top', 'The servers of the zone, live: whether they are in step, and where packets are dropped.', async () => (await import('./commands/top.ts')).topCommand()),
  entry('status', 'What the visor of this machine has: networks, endpoints, and what is not as planned.', async () => (await import('./commands/status.ts')).statusCommand()),
  entry('context', 'Which Director to use, and what to show to it.', async () => (await import('./commands/context.ts')).contextCommand()),
  entry('token', 'Tokens of people and programs, and their roles.', async () => (await import('./commands/token.ts')).tokenCommand()),
  entry('authority', "The zone's certificate authority: its fingerprint, the next one.", async () => (await import('./commands/authority.ts')).authorityCommand()),
  entry('server', 'Let a server join the zone, cut it off, or let a held plan pass on this one.', async () => (await import('./commands/server.ts')).serverCommand()),
  entry('module', 'Write, check and test IO modules.', async () => (await import('./commands/module.ts')).moduleCommand()),
  entry('support', 'What someone who helps needs to see, in one file, without secrets.', async () => (await import('./commands/support.ts')).supportCommand()),
  entry('completion', 'A script that completes commands, kinds and names in your shell.', async () => (await import('./commands/completion.ts')).completionCommand()),
  entry('doctor', 'What this machine can do, and what to do about what it cannot.', async () => (await import('./commands/doctor.ts')).doctorCommand()),
];

function entry(name: string, summary: string, load: () => Promise<Command>): CommandEntry {
  return { name, summary, load: async () => (await load()).description(summary) };
}
