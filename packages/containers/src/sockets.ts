import type { Source, SourceContext } from './sources/source.js';
export interface RuntimeSocket {
  readonly kind: 'docker' | 'podman' | 'containerd' | 'cri';
  readonly path: string;
}
export class Sockets implements Source {
  readonly ready = Promise.resolve();
  constructor(_c: SourceContext, _s?: readonly RuntimeSocket[]) {}
  close(): void {}
}
