/**
 * Return a function that follows a pointer: while a call runs, only the last of the later calls waits, and
 * those before it are dropped.
 */
export function latest<T>(compute: (value: T) => Promise<void>): (value: T) => void {
  let running = false;
  let next: { value: T } | null = null;
  return (value) => {
    next = { value };
    if (running) return;
    running = true;
    void (async () => {
      try {
        while (next) {
          const current: { value: T } = next;
          next = null;
          await compute(current.value);
        }
      } finally {
        running = false;
      }
    })();
  };
}
