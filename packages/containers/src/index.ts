// Containers
export type { ContainerInfo, ContainerJson, Pod, Runtime } from './container.js';
export { Containers, type ContainersOptions } from './containers.js';
// Errors
export { ContainersError, type ContainersErrorCode } from './errors.js';
// Choosing them by name
export type { Keys, Selection, SelectionChange, SelectOptions } from './selection.js';
export type { Mode, Selector } from './selector.js';
// Where to look
export type { RuntimeSocket } from './sockets.js';
export { DEFAULT_STATE_DIRS, type StateDir } from './sources/state-dirs.js';
