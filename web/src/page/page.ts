/** The open page: page.json, its files and its state. */
import { toTensor } from "../arrays/tensor";
import { unzip, type Source } from "./source";
import { urlState } from "./state";
import type { ArrayFile, Page, PageFile, Tensor } from "./types";

export async function openPage(source: Source): Promise<Page> {
  const text = new TextDecoder().decode(await source.bytes("page.json"));
  const content = JSON.parse(text) as PageFile;
  if ((content.format as number) !== 1) throw new Error("page.json is of another version than this program");
  const arrays = new Map<string, Promise<Tensor>>();
  return {
    content,
    state: urlState(),
    address: (file) => source.address(file),
    array(file: ArrayFile) {
      const array = arrays.get(file.file) ?? source.bytes(file.file).then(unzip).then((bytes) => toTensor(file, bytes));
      arrays.set(file.file, array);
      return array;
    },
  };
}
