// Which implementation a vm has where nobody says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultImplementation } from './loaders.ts';

test('WebAssembly where it may be made, else the interpreter', () => {
  assert.equal(defaultImplementation(), 'wasm');
  const { Module } = WebAssembly;
  // As a Content-Security-Policy without wasm-unsafe-eval does.
  WebAssembly.Module = function refused() { throw new Error('code generation disallowed by embedder'); } as never;
  try {
    assert.equal(defaultImplementation(), 'interpreter');
  } finally {
    WebAssembly.Module = Module;
  }
});
