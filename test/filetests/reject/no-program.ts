// filetest: reject // error IOV1008@1: no program

export const a = 1;
