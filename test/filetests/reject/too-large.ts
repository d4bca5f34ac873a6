// filetest: reject
// Calls that multiply: each function is put in twice for each time that the one before it is.
import { drop, module, type u32 } from 'iovisor/module';

function a(x: u32): u32 { return x + 1; }
function b(x: u32): u32 { return a(x) + a(x) + a(x) + a(x); }
function c(x: u32): u32 { return b(x) + b(x) + b(x) + b(x); }
function d(x: u32): u32 { return c(x) + c(x) + c(x) + c(x); }
function e(x: u32): u32 { return d(x) + d(x) + d(x) + d(x); }
function f(x: u32): u32 { return e(x) + e(x) + e(x) + e(x); }
function g(x: u32): u32 { return f(x) + f(x) + f(x) + f(x); } // error IOV6003@34: 'g' leads to 5460 calls, at most 4096

export default module(pkt => g(pkt.length) > 3 ? drop('a') : drop('b'));
