// filetest: reject
import { drop, module } from 'iovisor/module';

import { helper } from './not-there.ts'; // error IOV1004@10: './not-there.ts'
import { other } from 'lodash'; // error IOV1004@10: 'lodash'
export const a = helper;
export const b = other;

export default module(() => drop('end'));
