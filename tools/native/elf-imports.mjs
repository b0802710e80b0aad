// What a 64-bit little-endian shared object asks of others: its undefined symbols, with the library
// and version that each was linked against.
const SECTION = { strtab: 3, dynsym: 11, verneed: 0x6ffffffe, versym: 0x6fffffff };
const WEAK = 2;

/**
 * @param {Buffer} file
 * @returns {{ needed: Set<string>, symbols: { name: string, weak: boolean, version: string | null, library: string | null }[] }}
 */
export function importsOf(file) {
  const sections = readSections(file);
  const dynsym = sections.find(({ type }) => type === SECTION.dynsym);
  if (dynsym === undefined) throw new Error('no dynamic symbols: not a shared object');
  const text = textOf(file, sections[dynsym.link]);
  const versions = readVersions(file, sections);
  const versym = sections.find(({ type }) => type === SECTION.versym);
  const symbols = [];
  for (let index = 1; index * 24 < dynsym.size; index++) {
    const at = dynsym.offset + index * 24;
    if (file.readUInt16LE(at + 6) !== 0) continue;
    const number = versym ? file.readUInt16LE(versym.offset + index * 2) & 0x7fff : 0;
    const { version = null, library = null } = versions.get(number) ?? {};
    const weak = file[at + 4] >> 4 === WEAK;
    symbols.push({ name: text(file.readUInt32LE(at)), weak, version, library });
  }
  return { needed: new Set([...versions.values()].map((each) => each.library)), symbols };
}

function readSections(file) {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error('not a 64-bit little-endian ELF file');
  }
  const start = Number(file.readBigUInt64LE(0x28));
  return Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => {
    const at = start + index * file.readUInt16LE(0x3a);
    return {
      type: file.readUInt32LE(at + 4),
      offset: Number(file.readBigUInt64LE(at + 24)),
      size: Number(file.readBigUInt64LE(at + 32)),
      link: file.readUInt32LE(at + 40),
      info: file.readUInt32LE(at + 44),
    };
  });
}

function textOf(file, section) {
  return (offset) => {
    const start = section.offset + offset;
    return file.toString('latin1', start, file.indexOf(0, start));
  };
}

/** Version numbers of .gnu.version with what they stand for. */
function readVersions(file, sections) {
  const versions = new Map();
  const section = sections.find(({ type }) => type === SECTION.verneed);
  if (section === undefined) return versions;
  const text = textOf(file, sections[section.link]);
  for (let at = section.offset, left = section.info; left > 0; left--) {
    const library = text(file.readUInt32LE(at + 4));
    let entry = at + file.readUInt32LE(at + 8);
    for (let count = file.readUInt16LE(at + 2); count > 0; count--) {
      const version = text(file.readUInt32LE(entry + 8));
      versions.set(file.readUInt16LE(entry + 6), { version, library });
      entry += file.readUInt32LE(entry + 12);
    }
    at += file.readUInt32LE(at + 12);
  }
  return versions;
}
