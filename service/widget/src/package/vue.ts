// <OutlineQA> for Vue: the attributes as properties, events by their names, the element as `element`.

import { defineComponent, h, onBeforeUnmount, onMounted, shallowRef } from "vue";
import type { OutlineQA as Element } from "../element";
import { ATTRIBUTES, attributesOf, EVENTS, listenTo } from "./manifest";

const FLAGS = ["open", "addresses"];

export const OutlineQA = defineComponent({
  name: "OutlineQA",
  props: Object.fromEntries(
    ATTRIBUTES.map((name) => [name, { type: FLAGS.includes(name) ? Boolean : String, default: undefined }]),
  ),
  emits: EVENTS as string[],
  setup(props, { emit, expose }) {
    const element = shallowRef<Element>();
    let end = (): void => undefined;
    onMounted(() => {
      void import("./index"); // it needs a browser
      if (element.value) end = listenTo(element.value, (name, event) => emit(name, event));
    });
    onBeforeUnmount(() => end());
    expose({ element });
    // "^": an attribute, where Vue would set a property of the name of a method.
    return () => {
      const all = Object.entries(attributesOf(props)).map(([name, value]) => [`^${name}`, value]);
      return h("outline-qa", { ...Object.fromEntries(all), ref: element });
    };
  },
});
