#!/usr/bin/env node
// sneakpeek bpftool_map_container_ns under its own name.
process.argv.splice(2, 0, 'bpftool_map_container_ns');
await import('../dist/bin.js');
