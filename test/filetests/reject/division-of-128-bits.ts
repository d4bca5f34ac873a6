// filetest: reject
// 128 bits are divided by at most 32, or by a power of two.
import { config, drop, module, u128, u32, type u64 } from 'iovisor/module';

export const settings = config(class { by: u64 = 3n; far: u128 = 9n });

export default module(() => {
  const { by, far } = settings;
  const well = far / u128(u32(by)) + far % 0x1_0000_0000_0000_0000n;
  if (well > far / u128(by)) return drop('wide'); // error IOV2033@14: '/' of 128 bits by so wide a number
  return far % far === 0n ? drop('self') : drop('else'); // error IOV2033@10: '%' of 128 bits by so wide a number
});
