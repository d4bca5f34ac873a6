// filetest: reject
// A file of another kind.
{ "name": "bridge", "ports": 2 } // error IOV1001@9: Syntax error: Expected a semicolon or an implicit semicolon after a st
