/** Which containers are meant, as words of a command line: one word each, whatever is in them. */
export function whichWords({
  container = [],
  exclude = [],
  engine,
  against,
}: {
  readonly container?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly engine?: string | undefined;
  readonly against?: string | undefined;
}): string[] {
  return [
    ...container.map((name) => `--container=${name}`),
    ...exclude.map((pod) => `--exclude=${pod}`),
    ...(engine === undefined ? [] : [`--engine=${engine}`]),
    ...(against === undefined ? [] : [`--against=${against}`]),
  ];
}
