// filetest: run
// What may be undefined: ?., ??, &&, === and narrowing, on a map of numbers and one of structs.
import { ArrayMap, HashMap, drop, module, to, u16, type u32 } from 'iovisor/module';

class Place { port: u32 = 0; next: u32 = 0 }
export const numbers = new HashMap<u32, u32>(16);
export const places = new HashMap<u32, Place>(16);
export const slots = new ArrayMap<u32>(4);

export default module(pkt => {
  const { port } = pkt;
  const number = numbers.get(port);
  if (number === undefined) return drop('no-number');
  const place = places.get(number);
  const next = place && numbers.get(place.next);
  if (next === place?.port) return drop('same');
  if (!place) return to(u16(next ?? 900));
  if (place.port === 5 || next === 7) return to(u16(place.next));
  return to(u16((next ?? 100) + (slots.get(place.port) ?? 1000)));
});

// given: { numbers: [[1, 10], [2, 20], [3, 30], [4, 40], [50, 7]] }
// given: { places: [[10, { port: 1, next: 1 }], [30, { port: 5, next: 50 }], [40, { port: 9, next: 77 }]], slots: [5, 6, 7, 8] }
// run: send(0, [data(20)], dropped('no-number'))
// run: send(1, [data(20)], to(16))
// run: send(2, [data(20)], dropped('same'))
// run: send(3, [data(20)], to(50))
// run: send(4, [data(20)], to(1100))
