import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.RawTensor;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.TensorFlow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/** Runs the SavedModels of a folder in TensorFlow Java, by their signature serving_default. */
public final class RunSavedModel {
  private static final Map<String, Class<? extends TType>> TYPES =
      Map.of(
          "float32", TFloat32.class,
          "float64", TFloat64.class,
          "int32", TInt32.class,
          "int64", TInt64.class,
          "uint8", TUint8.class,
          "bool", TBool.class);

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Manifest.run(folder, "tensorflow-java", TensorFlow.version(), RunSavedModel::open);
  }

  private static Manifest.Runner open(String path) {
    SavedModelBundle model = SavedModelBundle.load(path, "serve");
    return new Manifest.Runner() {
      @Override
      public Map<String, Manifest.Array> run(
          Map<String, Manifest.Array> inputs, List<String> names) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        inputs.forEach((name, array) -> tensors.put(name, tensor(array)));
        Map<String, Manifest.Array> outputs = new LinkedHashMap<>();
        try (Result result = model.function("serving_default").call(tensors)) {
          result.forEach(output -> outputs.put(output.getKey(), array(output.getValue())));
        } finally {
          tensors.values().forEach(Tensor::close);
        }
        return outputs;
      }

      @Override
      public void close() {
        model.close();
      }
    };
  }

  private static Tensor tensor(Manifest.Array array) {
    Class<? extends TType> type = TYPES.get(array.dtype());
    if (type == null) {
      throw new IllegalArgumentException("this program has no dtype " + array.dtype());
    }
    ByteDataBuffer bytes = DataBuffers.of(array.bytes());
    return Tensor.of(type, Shape.of(array.shape()), bytes);
  }

  private static Manifest.Array array(Tensor tensor) {
    for (Map.Entry<String, Class<? extends TType>> entry : TYPES.entrySet()) {
      if (entry.getValue().isInstance(tensor)) {
        RawTensor raw = tensor.asRawTensor();
        byte[] bytes = new byte[Math.toIntExact(raw.numBytes())];
        raw.data().read(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        return new Manifest.Array(entry.getKey(), tensor.shape().asArray(), buffer);
      }
    }
    throw new IllegalArgumentException("this program has no dtype for " + tensor.dataType());
  }
}
