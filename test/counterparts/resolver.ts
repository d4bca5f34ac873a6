// A resolver outside of the office, as a program: it answers a few names at the address that it is given, and says what it is asked.

import { upstreamOf } from '../../src/visor/dns/upstream.fixture.ts';

const upstream = await upstreamOf({ 'example.com': ['192.0.2.80'], 'long.example': Array.from({ length: 90 }, (_, i) => `192.0.2.${i}`) }, { address: process.argv[2]!, port: 53 });
console.log('ready');
let told = 0;
setInterval(() => { for (; told < upstream.asked.length; told++) console.log(upstream.asked[told]); }, 20);
