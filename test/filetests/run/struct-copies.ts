// filetest: run
// A variable takes a copy of a struct of the program's own; an entry of a map, its fields, and parameters are the thing itself.
import { ArrayMap, drop, module, to, u16, type u16 as number16, type u32 } from 'iovisor/module';

class Place { port: number16 = 0; weight: u32 = 0 }
class Route { place: Place = { port: 0, weight: 0 }; hops: u32 = 0 }

export const routes = new ArrayMap<Route>(1);

function raise(place: Place): void {
  place.weight += 100;
}

export default module(pkt => {
  const first: Place = { port: pkt.port, weight: 1 };
  const second = first;
  let third = first;
  first.port = 7;
  second.weight = 2;
  if (pkt.port === 1) third = second;
  second.weight = 3;
  const route: Route = { place: first, hops: 1 };
  const inner = route.place;
  inner.weight = 50;
  raise(third);
  switch (pkt.port) {
    case 0: return to(u16(first.port * 100 + first.weight * 10 + second.weight));
    case 1: return to(u16(third.weight * 10 + third.port));
    case 2: return to(u16(route.place.weight * 100 + inner.weight));
    case 3: {
      const entry = routes.get(0);
      if (!entry) return drop('none');
      const there = entry;
      const place = entry.place;
      there.hops = 5;
      place.weight = 6;
      raise(entry.place);
      return to(u16(entry.hops * 1000 + entry.place.weight));
    }
    default: return drop('no-such-case');
  }
});

// run: send(0, [data(20)], to(713))
// run: send(1, [data(20)], to(1021))
// run: send(2, [data(20)], to(150))
// run: send(3, [data(20)], to(5106))
