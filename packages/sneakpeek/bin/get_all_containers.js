#!/usr/bin/env node
// sneakpeek get_all_containers under its own name.
process.argv.splice(2, 0, 'get_all_containers');
await import('../dist/bin.js');
