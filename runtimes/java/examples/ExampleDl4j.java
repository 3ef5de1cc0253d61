import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

public class ExampleDl4j {
  public static void main(String[] arguments) throws Exception {
    var graph = KerasModelImport.importKerasModelAndWeights("classifier.h5", false);
    INDArray[] inputs = {
      Nd4j.zeros(new long[] {1, 28, 28, 1}), // image
    };
    for (INDArray output : graph.output(false, inputs)) {
      System.out.println(output);
    }
  }
}
