import type { Tracer } from '@imagesnoop/loader';
import { type Address, fileKey, nameKeys } from './addresses.js';

/** How soon the new file of a socket that was bound again is known. */
const LOOK_MS = 1000;
const PRESENT = Uint8Array.of(1, 0, 0, 0);

/** Tells the kernel which sockets are watched, also when servers bind theirs again. */
export class WatchedAddresses {
  readonly #tracer: Tracer;
  readonly #addresses: readonly Address[];
  readonly #files = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #generation = 0;
  #ready = false;

  constructor(tracer: Tracer, addresses: readonly Address[]) {
    this.#tracer = tracer;
    this.#addresses = addresses;
    for (const key of addresses.flatMap(nameKeys)) tracer.map('address_names').update(key, PRESENT);
    this.#look();
    this.#renew();
    this.#timer = setInterval(() => this.#look() && this.#renew(), LOOK_MS).unref();
  }

  /** What was open is known: whatever connects from now on is seen from its first byte. */
  becomeReady(): void {
    this.#ready = true;
    this.#renew();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** True when there is a file that was not there before. */
  #look(): boolean {
    const keys = this.#addresses.map(fileKey).filter((key) => key !== undefined);
    const added = keys.filter((key) => !this.#files.has(key.toString('hex')));
    for (const key of added) {
      this.#files.add(key.toString('hex'));
      this.#tracer.map('address_files').update(key, PRESENT);
    }
    this.#forgetOldest();
    return added.length > 0;
  }

  /** A daemon that restarts for weeks leaves numbers behind; the file system uses them again. */
  #forgetOldest(): void {
    for (const key of this.#files) {
      if (this.#files.size <= MAX_FILES) return;
      this.#files.delete(key);
      this.#tracer.map('address_files').delete(Buffer.from(key, 'hex'));
    }
  }

  /** Sockets that were found to be none of ours are looked at again. `struct control`. */
  #renew(): void {
    const control = Buffer.alloc(8);
    control.writeUInt32LE(++this.#generation, 0);
    control.writeUInt32LE(this.#ready ? 1 : 0, 4);
    this.#tracer.map('control').update(0, control);
  }
}

/** Fits into the map, with as many addresses again. */
const MAX_FILES = 512;
