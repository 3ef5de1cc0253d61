// org.deeplearning4j:deeplearning4j-modelimport:1.0.0-M2.1, and org.nd4j:nd4j-native:1.0.0-M2.1 with
// and without the classifier linux-x86_64
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
