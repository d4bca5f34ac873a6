// filetest: reject // error IOV1008: no program

export const a = 1;
