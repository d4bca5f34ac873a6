// A capture to a pcapng file of one little-endian section: interfaces with names and nanoseconds, enhanced packet blocks with comments.

import { BLOCK, BYTE_ORDER_MAGIC, type Capture, type CapturedPacket, type CaptureInterface, DIRECTION, OPTION } from './format.ts';

const MAX_OPTION_BYTES = 0xffff;
const NANOSECONDS = 9;

export function writePcapng({ interfaces, packets }: Capture): Uint8Array<ArrayBuffer> {
  const chunks = [sectionBlock(), ...interfaces.map(interfaceBlock), ...packets.map(packetBlock)];
  const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}

function sectionBlock(): Uint8Array {
  const version = 1;
  const unknownLength = [0xffff_ffff, 0xffff_ffff];
  return block(BLOCK.section, [u32(BYTE_ORDER_MAGIC, version, ...unknownLength), options([text(OPTION.section.application, 'IO Visor')])]);
}

function interfaceBlock({ name, description, linkType }: CaptureInterface): Uint8Array {
  const unlimited = 0;
  return block(BLOCK.interface, [u32(linkType, unlimited), options([
    text(OPTION.interface.name, name), ...(description === undefined ? [] : [text(OPTION.interface.description, description)]),
    { code: OPTION.interface.timeResolution, value: Uint8Array.of(NANOSECONDS) },
  ])]);
}

function packetBlock({ interface: index, timeNs, frame, wireBytes = frame.length, direction, comments = [] }: CapturedPacket): Uint8Array {
  const time = BigInt.asUintN(64, timeNs);
  const given = comments.map(comment => text(OPTION.comment, comment));
  if (direction) given.unshift({ code: OPTION.packet.flags, value: u32(DIRECTION[direction]) });
  return block(BLOCK.enhancedPacket, [u32(index, Number(time >> 32n), Number(time & 0xffff_ffffn), frame.length, wireBytes), padded(frame), options(given)]);
}

interface Option { readonly code: number; readonly value: Uint8Array }

function text(code: number, value: string): Option {
  return { code, value: new TextEncoder().encode(value).subarray(0, MAX_OPTION_BYTES) };
}

function options(list: readonly Option[]): Uint8Array {
  if (list.length === 0) return new Uint8Array(0);
  return joined([...list.flatMap(({ code, value }) => [u32(code | value.length << 16), padded(value)]), u32(OPTION.end)]);
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const bytes = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  return joined([u32(type, bytes), ...parts, u32(bytes)]);
}

function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const whole = new Uint8Array(bytes.length + 3 & ~3);
  whole.set(bytes);
  return whole;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
