import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the ONNX files of a folder in ONNX Runtime. */
public final class RunOnnx {
  private static final Map<String, OnnxJavaType> TYPES =
      Map.ofEntries(
          Map.entry("float32", OnnxJavaType.FLOAT),
          Map.entry("float64", OnnxJavaType.DOUBLE),
          Map.entry("float16", OnnxJavaType.FLOAT16),
          Map.entry("int8", OnnxJavaType.INT8),
          Map.entry("int16", OnnxJavaType.INT16),
          Map.entry("int32", OnnxJavaType.INT32),
          Map.entry("int64", OnnxJavaType.INT64),
          Map.entry("uint8", OnnxJavaType.UINT8),
          Map.entry("bool", OnnxJavaType.BOOL));

  private static final OrtEnvironment ENVIRONMENT =
      OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "zoo");

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Manifest.run(folder, "onnxruntime-java", ENVIRONMENT.getVersion(), RunOnnx::open);
  }

  private static Manifest.Runner open(String path) throws OrtException {
    OrtSession session = ENVIRONMENT.createSession(path, new OrtSession.SessionOptions());
    return new Manifest.Runner() {
      @Override
      public Map<String, Manifest.Array> run(Map<String, Manifest.Array> inputs, List<String> names)
          throws OrtException {
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, Manifest.Array> input : inputs.entrySet()) {
          tensors.put(input.getKey(), tensor(input.getValue()));
        }
        Map<String, Manifest.Array> outputs = new LinkedHashMap<>();
        try (OrtSession.Result result = session.run(tensors)) {
          for (Map.Entry<String, OnnxValue> output : result) {
            outputs.put(output.getKey(), array((OnnxTensor) output.getValue()));
          }
        } finally {
          tensors.values().forEach(OnnxTensor::close);
        }
        return outputs;
      }

      @Override
      public void close() throws OrtException {
        session.close();
      }
    };
  }

  private static OnnxTensor tensor(Manifest.Array array) throws OrtException {
    OnnxJavaType type = TYPES.get(array.dtype());
    if (type == null) {
      throw new IllegalArgumentException("this program has no dtype " + array.dtype());
    }
    return OnnxTensor.createTensor(ENVIRONMENT, array.bytes(), array.shape(), type);
  }

  private static Manifest.Array array(OnnxTensor tensor) {
    OnnxJavaType type = tensor.getInfo().type;
    for (Map.Entry<String, OnnxJavaType> entry : TYPES.entrySet()) {
      if (entry.getValue() == type) {
        ByteBuffer bytes = tensor.getByteBuffer();
        return new Manifest.Array(entry.getKey(), tensor.getInfo().getShape(), bytes);
      }
    }
    throw new IllegalArgumentException("this program has no dtype for " + type);
  }
}
