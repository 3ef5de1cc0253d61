// Finds and sorts the cards of a gallery. Without this script every card is there, in the network's order.
const find = document.querySelector("#find");
const sort = document.querySelector("#sort");
const dead = document.querySelector("#dead"); // absent without real examples
const count = document.querySelector("#count");
const cards = [...document.querySelectorAll(".card")].map((node, order) => ({ node, order }));

function arrange() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { node } of cards) {
    const fits = words.every((word) => node.dataset.words.toLowerCase().includes(word));
    node.hidden = !fits || Boolean(dead?.checked && node.classList.contains("dead"));
    shown += !node.hidden;
  }
  for (const section of document.querySelectorAll("main section")) {
    section.hidden = !section.querySelector(".card:not([hidden])");
  }
  const value = ({ node, order }) => (sort.value === "order" ? -order : Number(node.dataset[sort.value] || -Infinity));
  for (const card of [...cards].sort((a, b) => value(b) - value(a) || a.order - b.order)) {
    card.node.parentElement.append(card.node);
  }
  count.textContent = `${shown} of ${cards.length} channels`;
}

find.addEventListener("input", arrange);
sort.addEventListener("change", arrange);
dead?.addEventListener("change", arrange);
addEventListener("hashchange", () => {
  find.value = "";
  if (dead) dead.checked = false;
  arrange();
  document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
});
document.querySelector(".tools").hidden = false;
arrange();
