// filetest: reject
// Two structs that are needed at the same time.
import { HashMap, bytes, drop, module, type Bytes } from 'iovisor/module';

class Half { a: Bytes<300> = bytes(300) }
export const names = new HashMap<Half, Half>(4);
export default module(() => {
  names.set({ a: bytes(300) }, { a: bytes(300) }); // error IOV6002@3: The program needs 600 bytes of stack, of 512
  return drop('end');
});
