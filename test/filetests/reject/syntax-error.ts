// filetest: reject

const a = ; // error IOV1001@11: Unexpected token
