/** A place that files are dropped on, with a button that opens the same files by hand. */
import { button, element } from "./element";

/** Make a node take dropped files, and return a button that chooses one; what is wrong is said in an alert. */
export function dropTarget(node: HTMLElement, label: string, accept: string, open: (file: File) => Promise<void>): HTMLElement {
  const input = element("input", { type: "file", accept, hidden: true, "aria-label": label, tabindex: -1 });
  const alert = element("p", { class: "alert", role: "alert" });

  async function take(file: File | null | undefined): Promise<void> {
    if (!file) return;
    alert.textContent = "";
    try {
      await open(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      alert.textContent = `${file.name} cannot be used: ${reason}`;
    }
  }

  input.addEventListener("change", () => {
    void take(input.files?.[0]);
    input.value = "";
  });
  node.addEventListener("dragover", (event) => {
    event.preventDefault();
    node.classList.add("dropping");
  });
  node.addEventListener("dragleave", () => { node.classList.remove("dropping"); });
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    node.classList.remove("dropping");
    void take(event.dataTransfer?.files[0]);
  });
  return element("span", { class: "drop" }, button(label, () => { input.click(); }), input, alert);
}
