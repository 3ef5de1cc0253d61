/** Return a function that runs a job for the newest value only: while one job runs, older values are dropped. */
export function latest<T>(job: (value: T) => Promise<void>): (value: T) => void {
  let next: { value: T } | null = null;
  let running = false;
  const work = async (): Promise<void> => {
    running = true;
    try {
      while (next) {
        const { value } = next;
        next = null;
        await job(value);
      }
    } finally {
      running = false;
    }
  };
  return (value) => {
    next = { value };
    if (!running) void work();
  };
}
