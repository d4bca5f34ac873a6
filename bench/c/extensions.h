// IPv6 extension headers, for functions that read on behind them. Before it is included, SHORT and EXTENSION_HEADERS are the includer's reasons.
// packet.h has a walk of its own, which keeps more of what it sees.

INLINE int is_extension(u8 protocol) {
  return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 51 || protocol == 60;
}

// Past the extension headers (RFC 8200 4). What carries no transport header has protocol 59.
INLINE int walk_extensions(void *data, void *end, u8 *protocol, u32 *offset) {
  for (int i = 0; i < 6 && is_extension(*protocol); i++) {
    u8 *header = data + *offset;
    if ((void *)(header + 8) > end) return VERDICT(DROP, SHORT);
    u8 kind = *protocol;
    if (kind == 44 && *(u16 *)(header + 2) & 0xf8ff) { *protocol = 59; return -1; }
    *protocol = header[0];
    *offset += kind == 44 ? 8 : kind == 51 ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
    if (*offset > 0x7ff) return VERDICT(DROP, EXTENSION_HEADERS);
  }
  return is_extension(*protocol) ? VERDICT(DROP, EXTENSION_HEADERS) : -1;
}
