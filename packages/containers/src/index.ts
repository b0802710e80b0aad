// Containers
export {
  type ContainerInfo,
  type ContainerJson,
  type Pod,
  type Runtime,
  renderJson,
} from './container.js';
export { Containers, type ContainersOptions } from './containers.js';
// Where to look, and what is there
export { type DetectedRuntime, detect } from './detect.js';
// Errors
export { ContainersError, type ContainersErrorCode } from './errors.js';
// Choosing them by name
export type { Keys, Selection, SelectionChange, SelectOptions } from './selection.js';
export type { Mode, Selector } from './selector.js';
export { DEFAULT_SOCKETS, type RuntimeSocket, type SocketKind } from './sockets.js';
export { DEFAULT_STATE_DIRS, type StateDir } from './sources/state-dirs.js';
// Where their files are
export { graphDriverRoot, inspectedContainers } from './storage/engines.js';
export { type OverlayRoot, rootOfProcess } from './storage/overlay.js';
export { Storage, type StorageOptions } from './storage/storage.js';
