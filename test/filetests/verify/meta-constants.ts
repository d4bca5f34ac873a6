// filetest: verify
// Constants written to the record of the packet: kernels before 6.3 take them from registers only.
import { Conntrack, filter, next } from 'iovisor/module';

export default filter({
  egress(pkt) {
    pkt.meta.conntrack = Conntrack.New;
    return next();
  },
  ingress(pkt) {
    pkt.meta.conntrack = Conntrack.Established;
    return next();
  },
});

// run: send('egress', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' })], passed())
// run: send('ingress', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' })], passed())
