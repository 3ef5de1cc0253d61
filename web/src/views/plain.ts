import type { Mount } from "../page/types";

export const mount: Mount = () => {};
