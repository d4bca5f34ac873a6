// filetest: reject
import { drop, module } from 'iovisor/module';

import { helper } from './not-there.ts'; // error IOV1004: './not-there.ts'
import { other } from 'lodash'; // error IOV1004: 'lodash'
export const a = helper;
export const b = other;

export default module(() => drop('end'));
