const anything: unknown = new Proxy(() => {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : anything),
  apply: () => anything,
});

/**
 * Stands for whatever reads rows while there are none. What fields are called and how they look does
 * not depend on it: whatever it is asked for, called with or given, it is itself again.
 */
export const unread = anything as never;
