/** The lines of each command, for what is written of them; commands import their own. */
export { changeFields as filesFields } from './change-columns.js';
export { activityFields as topFields } from './top/columns.js';
export { watchFields as fswatchFields } from './watch/columns.js';
