// npm install onnxruntime-node@1.30.0
import * as ort from "onnxruntime-node";

const session = await ort.InferenceSession.create("classifier.onnx");
const inputs = {
  "image": new ort.Tensor("float32", new Float32Array(784), [1, 28, 28, 1]),
};
for (const [name, tensor] of Object.entries(await session.run(inputs))) {
  console.log(name, tensor.dims, tensor.data);
}
