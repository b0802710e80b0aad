// Who holds what in the kernel: ids of programs, maps and links.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BpfObject } from '@imagesnoop/bpf-core';

/** All programs and maps of the machine, e.g. `prog 12`. */
export function census(): Set<string> {
  const object = BpfObject.open(fileURLToPath(new URL('./fixtures/census.bpf.o', import.meta.url)));
  try {
    object.load();
    const lists = object.programs.map((program) => {
      const link = program.attachIter();
      const text = Buffer.from(link.readIter()).toString();
      link.close();
      return text.trim().split('\n');
    });
    return new Set(lists.flat());
  } finally {
    object.close();
  }
}

/** What a process has open, in the words of `census()`, with links beside. */
export function heldBy(pid: number): Set<string> {
  const folder = `/proc/${pid}/fdinfo`;
  const held = readdirSync(folder).flatMap((fd) => {
    const text = readFileSync(`${folder}/${fd}`, 'utf8');
    return [...text.matchAll(/^(prog|map|link)_id:\s*(\d+)$/gm)].map(
      ([, kind, id]) => `${kind} ${id}`,
    );
  });
  return new Set(held);
}
