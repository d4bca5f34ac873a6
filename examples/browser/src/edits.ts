// Changes of the bridge to try, made in its text as a person would. One is a mistake, on purpose.

import { ORIGINAL } from './bridge.ts';

interface Edit { readonly name: string; readonly source: string }

function edited(name: string, ...changes: readonly (readonly [from: string, to: string])[]): Edit {
  return {
    name,
    source: changes.reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`the bridge has no '${from}' for '${name}' to change`);
      return text.replace(from, () => to);
    }, ORIGINAL),
  };
}

export const EDITS: readonly Edit[] = [
  { name: 'the bridge as it is', source: ORIGINAL },
  edited('a firewall: no UDP to port 7',
    ['  return asks(eth) ?', "  if (eth.payload(Ipv4)?.payload(Udp)?.dstPort === 7) return drop('no-udp-echo');\n\n  return asks(eth) ?"]),
  edited('every unknown station is flooded to', ["return features.learning ? flood() : drop('unknown-station');", 'return flood();']),
  edited('a mistake: a table entry that may not be there', ["  if (port === undefined) return features.learning ? flood() : drop('unknown-station');\n", '']),
];
