// filetest: reject

import { drop, flod, module } from 'iovisor/module'; // error IOV1005@16: exports no 'flod'
import { answerAll } from 'iovisor/answer'; // error IOV1005@10: exports no 'answerAll'
export const a = flod;
export const b = answerAll;
export default module(() => drop('end'));
