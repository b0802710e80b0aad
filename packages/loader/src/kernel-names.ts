// Does the running kernel know a name at all? The names of all functions and tracepoints stand in
// the text part of its BTF, a few megabytes that are read and searched in 10 ms; a load that the
// kernel refuses costs 30. A name that is not there is no function of this kernel; one that is
// there may still be something else, so it has to be tried.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Length of struct btf_header, include/uapi/linux/btf.h. */
const HEADER_LENGTH = 24;
const FOLDER = '/sys/kernel/btf';

const texts = new Map<string, Buffer>();
const answers = new Map<string, boolean | undefined>();

/** @returns undefined if the kernel does not say, because it has no BTF */
export function kernelKnows(name: string): boolean | undefined {
  if (!answers.has(name)) answers.set(name, search(name));
  return answers.get(name);
}

function search(name: string): boolean | undefined {
  let files: string[];
  try {
    files = readdirSync(FOLDER);
  } catch {
    return undefined;
  }
  if (!files.includes('vmlinux')) return undefined;
  const needle = Buffer.from(`\0${name}\0`, 'latin1');
  const found = (file: string): boolean => textOf(file).includes(needle);
  return found('vmlinux') || files.some((file) => file !== 'vmlinux' && found(file));
}

/** Forgets what was read: it is of use only while hooks are chosen. */
export function forgetKernelNames(): void {
  texts.clear();
  answers.clear();
}

function textOf(file: string): Buffer {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const text = readText(join(FOLDER, file));
  texts.set(file, text);
  return text;
}

function readText(path: string): Buffer {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const header = Buffer.alloc(HEADER_LENGTH);
    readSync(fd, header, 0, HEADER_LENGTH, 0);
    const start = header.readUInt32LE(4) + header.readUInt32LE(16);
    const text = Buffer.allocUnsafe(header.readUInt32LE(20));
    // sysfs gives a page at a time.
    let length = 0;
    for (let got = -1; got !== 0 && length < text.length; length += got)
      got = readSync(fd, text, length, text.length - length, start + length);
    return text.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
