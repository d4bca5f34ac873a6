// filetest: reject
import { config, drop, module, seconds, u32 } from 'iovisor/module';

const settings = config(class { limit: u32 = 1 });
export function f(): void { settings.limit = 7; } // error IOV4007@29
export const other = config(class { limit: u32 = seconds() }); // error IOV4008@50

export default module(() => drop('end'));
