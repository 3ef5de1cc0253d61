import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Runs the Keras-2 HDF5 files of a folder in DL4J. */
public final class RunDl4j {
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    Manifest.run(folder, "deeplearning4j", version(), RunDl4j::open);
  }

  /** Returns the version in the library's file name; DL4J does not tell it otherwise. */
  private static String version() {
    var source = KerasModelImport.class.getProtectionDomain().getCodeSource();
    return source.getLocation().getPath().replaceAll(".*modelimport-|\\.jar$", "");
  }

  private static Manifest.Runner open(String path) throws Exception {
    ComputationGraph graph = KerasModelImport.importKerasModelAndWeights(path, false);
    List<String> inputNames = graph.getConfiguration().getNetworkInputs();
    List<String> outputNames = graph.getConfiguration().getNetworkOutputs();
    return (inputs, names) -> {
      INDArray[] arrays = new INDArray[inputNames.size()];
      for (int i = 0; i < arrays.length; i++) {
        arrays[i] = array(inputNames.get(i), inputs);
      }
      INDArray[] results = graph.output(false, arrays);
      Map<String, Manifest.Array> outputs = new LinkedHashMap<>();
      for (int i = 0; i < results.length; i++) {
        outputs.put(outputNames.get(i), array(results[i]));
      }
      return outputs;
    };
  }

  private static INDArray array(String name, Map<String, Manifest.Array> inputs) {
    Manifest.Array input = inputs.get(name);
    if (input == null) {
      throw new IllegalArgumentException("its inputs include " + name + ", expected " + inputs.keySet());
    }
    if (!input.dtype().equals("float32")) {
      throw new IllegalArgumentException("this program has no dtype " + input.dtype());
    }
    float[] values = new float[input.bytes().remaining() / Float.BYTES];
    input.bytes().asFloatBuffer().get(values);
    return Nd4j.create(values, input.shape(), 'c');
  }

  private static Manifest.Array array(INDArray result) {
    if (result.dataType() != DataType.FLOAT) {
      throw new IllegalArgumentException("this program has no dtype for " + result.dataType());
    }
    float[] values = result.dup('c').data().asFloat();
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(values);
    return new Manifest.Array("float32", result.shape(), bytes);
  }
}
