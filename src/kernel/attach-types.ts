// enum bpf_attach_type, the points that we attach to. Numbers, because older headers lack some; source: <linux/bpf.h> of Linux 6.6.

export const ATTACH_TYPE = { XDP: 37, TCX_INGRESS: 46, TCX_EGRESS: 47 } as const;
