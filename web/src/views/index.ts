/** The views by the names that page.json uses. A page with an unknown name gets the plain view. */
import type { Mount } from "../page/types";
import { mount as classifier } from "./classifier";
import { mount as gallery } from "./gallery";
import { mount as latent } from "./latent";
import { mount as novelty } from "./novelty";
import { mount as plain } from "./plain";
import { mount as restore } from "./restore";
import { mount as samples } from "./samples";

// Each view reads its own data, which its Python module in zoo/pages/views wrote.
const views: Record<string, Mount<never>> = { classifier, gallery, latent, novelty, plain, restore, samples };

export function viewOf(name: string): Mount {
  return (Object.hasOwn(views, name) ? views[name] : plain) as Mount;
}
