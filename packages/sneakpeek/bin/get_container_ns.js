#!/usr/bin/env node
// sneakpeek get_container_ns under its own name.
process.argv.splice(2, 0, 'get_container_ns');
await import('../dist/bin.js');
