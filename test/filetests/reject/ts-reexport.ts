// filetest: reject
// Exporting what is another file's.
import { drop, module } from 'iovisor/module';

export { answerEcho } from 'iovisor/answer'; // error IOV1006@1: This form of import or export is not in the module language

export default module(() => drop('end'));
