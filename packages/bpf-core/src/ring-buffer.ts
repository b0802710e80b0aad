import type { BpfMap } from './map.js';
import { nativeMap } from './map.js';
import { type NativeRingBuffer, native } from './native.js';

export interface RingBufferOptions {
  /** Milliseconds between reads while records keep coming, default 10. 0 wakes up for each. */
  coalesceMs?: number;
  /** Size of the buffer that batches are handed over in, default 256 KiB. */
  batchBytes?: number;
}

/**
 * Receives one batch: records back to back, each `u32 length, u32 index of its map` in the byte
 * order of this machine, then `length` bytes of payload, padded to a multiple of 8. The bytes are
 * used again after the call: copy what has to last. Returning false pauses.
 */
export type OnBatch = (bytes: Uint8Array, length: number) => unknown;

/**
 * Reads ring buffers on the event loop of this thread. While paused, records stay in the rings
 * and the kernel refuses what no longer fits. Since Linux 5.8.
 */
export class RingBuffer {
  readonly #native: NativeRingBuffer;
  /** The maps must not be collected while they are read. */
  readonly maps: readonly BpfMap[];

  /**
   * Maps the rings; reading begins with start().
   * @throws BpfError BPF_NOT_LOADED, BPF_CLOSED, BPF_INVALID_ARGUMENT for another kind of map,
   *   BPF_RING_BUFFER_FAILED
   */
  constructor(maps: readonly BpfMap[], onBatch: OnBatch, options: RingBufferOptions = {}) {
    const { coalesceMs = 10, batchBytes = 256 * 1024 } = options;
    this.maps = maps;
    this.#native = new native.RingBuffer(maps.map(nativeMap), onBatch, coalesceMs, batchBytes);
  }

  /** Begins to read; the ring buffer keeps the process alive from now on (see unref). */
  start(): void {
    this.#native.resume();
  }

  pause(): void {
    this.#native.pause();
  }

  resume(): void {
    this.#native.resume();
  }

  /**
   * Hands over now all that is in the rings at the call, paused or not; 0 inside onBatch. An
   * exception of onBatch comes through.
   * @returns the number of records
   */
  consume(): number {
    return this.#native.consume();
  }

  /**
   * How full the fullest of the rings is, 0 to 1: what programs have written and nobody has read.
   * @throws BpfError BPF_CLOSED
   */
  fill(): number {
    return this.#native.fill();
  }

  ref(): void {
    this.#native.setRef(true);
  }

  unref(): void {
    this.#native.setRef(false);
  }

  /** Ends reading and unmaps the rings; what they still hold is lost. Idempotent. */
  close(): void {
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
