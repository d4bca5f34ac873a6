// filetest: reject
import { drop, module, port, u16, u8 } from 'iovisor/module';

class A { port: u16 } // error IOV2021@11: an initial value
class B { port = 3 } // error IOV2021@11: a type
class C { f(): u16 { return 1; } } // error IOV2021@1: the class has none
class D { a: D = 1 } // error IOV2026@14: contains itself
class E extends A2 { b: u8 = 1 } // error IOV1009@17: Extending
class A2 { a: u8 = 0 }

export default module(() => drop('end'));
