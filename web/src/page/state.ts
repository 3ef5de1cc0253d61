/** The state of a page in its URL: what follows the #, written as a query. */
import type { State } from "./types";

export function urlState(): State {
  const read = () => new URLSearchParams(location.hash.slice(1));
  return {
    get: (name) => read().get(name),
    set(entries) {
      const query = read();
      for (const [name, value] of Object.entries(entries)) {
        if (value === null) query.delete(name);
        else query.set(name, String(value));
      }
      const hash = query.toString();
      if (hash !== location.hash.slice(1)) history.replaceState(null, "", `#${hash}`);
    },
    onChange: (listener) => { addEventListener("hashchange", listener); },
  };
}
