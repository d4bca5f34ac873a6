// filetest: reject

const a = ; // error IOV1001: Unexpected token
