/** A type as BTF describes it. Typedefs and qualifiers are resolved. */
export interface FieldType {
  /** Size in bytes; 0 for `void` and flexible arrays. */
  size: number;
  kind:
    | 'int'
    | 'char'
    | 'bool'
    | 'enum'
    | 'array'
    | 'struct'
    | 'union'
    | 'pointer'
    | 'float'
    | 'void';
  /** Name in C: the outermost typedef, else the type's own; empty when anonymous. */
  type: string;
  /** Whether an int, char, bool or enum is signed. */
  signed?: boolean;
  /** Elements of an array; 0 when flexible. */
  count?: number;
  /** Element of an array. */
  element?: FieldType;
  /** Members of a struct or union. */
  fields?: Field[];
  /** Names of an enum; values beyond 2^53 are bigints. */
  values?: { name: string; value: number | bigint }[];
}

/** A member of a struct or union. */
export interface Field extends FieldType {
  /** Empty for an anonymous struct or union. */
  name: string;
  /** Bytes from the start of the struct that contains it directly. */
  offset: number;
  /** Width of a bit field, in bits. */
  bits?: number;
  /** Lowest bit of a bit field within its storage unit of `size` bytes at `offset`. */
  bitOffset?: number;
}

/** A struct or union with its members. */
export interface StructLayout extends FieldType {
  name: string;
  fields: Field[];
}
