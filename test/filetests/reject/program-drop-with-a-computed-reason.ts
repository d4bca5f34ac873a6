// filetest: reject
// A reason is text in the source.
import { drop, module } from 'iovisor/module';

const WHY = 'because'; // error IOV1011@13: Text is not a value
export default module(() => drop(WHY)); // error IOV2016@34: The text must be a literal
