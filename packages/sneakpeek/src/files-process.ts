// Counts the changed files of containers for `top`, whose own process has given root up. It ends with
// the channel between the two.
import { setPriority } from 'node:os';
import { FilePasses } from './top/file-passes.js';

setPriority(19);
process.once('disconnect', () => process.exit(0));
const passes = new FilePasses((counted) => process.send?.(counted));
process.on('message', (id) => passes.lookInto(typeof id === 'string' ? id : null));
await passes.run();
