// com.microsoft.onnxruntime:onnxruntime:1.29.0
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import java.nio.*;
import java.util.*;

public class ExampleOnnx {
  public static void main(String[] arguments) throws Exception {
    var environment = OrtEnvironment.getEnvironment();
    var session = environment.createSession("classifier.onnx");
    var inputs = new HashMap<String, OnnxTensor>();
    inputs.put("image", OnnxTensor.createTensor(environment, FloatBuffer.allocate(784), new long[] {1, 28, 28, 1}));
    for (var output : session.run(inputs)) {
      Object[] values = {output.getValue().getValue()};
      System.out.println(output.getKey() + " " + Arrays.deepToString(values));
    }
  }
}
