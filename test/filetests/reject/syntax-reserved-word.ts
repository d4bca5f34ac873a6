// filetest: reject
// A name that is a word of the language.
import { drop, module } from 'iovisor/module';

export const class = 3; // error IOV1001@14: Syntax error: Identifier expected. 'class' is a reserved word that can

export default module(() => drop('end'));
