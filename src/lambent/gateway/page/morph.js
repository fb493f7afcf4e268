// Shows something anew without taking what is there: what has not changed keeps its focus, selection and place.
// For what has no listeners of its own: these would stay the old ones.

function keyOf(node) {
  return node.dataset?.key;
}

function like(old, fresh) {
  return old !== undefined && old.nodeType === fresh.nodeType && old.nodeName === fresh.nodeName && keyOf(old) === keyOf(fresh);
}

function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  children(old, [...fresh.childNodes]);
}

function children(place, fresh) {
  const keyed = new Map([...place.childNodes].filter(keyOf).map((node) => [keyOf(node), node]));
  fresh.forEach((node, index) => {
    const here = place.childNodes[index];
    const old = keyOf(node) === undefined ? here : keyed.get(keyOf(node)) ?? here;
    if (!like(old, node)) {
      place.insertBefore(node, here ?? null);
      return;
    }
    if (old !== here) place.insertBefore(old, here);
    patch(old, node);
  });
  while (place.childNodes.length > fresh.length) place.lastChild.remove();
}

// `place` holds `fresh` (elements, or arrays of them) afterwards. Elements with `data-key` are found again by it.
export function morph(place, ...fresh) {
  const fragment = document.createDocumentFragment();
  fragment.append(...fresh.flat(Infinity).filter((child) => child !== null && child !== undefined));
  children(place, [...fragment.childNodes]);
}
