// org.tensorflow:tensorflow-core-api:1.1.0, and tensorflow-core-native:1.1.0 with the classifier linux-x86_64
import java.util.*;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.*;

public class ExampleSavedModel {
  public static void main(String[] arguments) {
    var model = SavedModelBundle.load("classifier/1", "serve");
    var inputs = new HashMap<String, Tensor>();
    inputs.put("image", TFloat32.tensorOf(NdArrays.ofFloats(Shape.of(1, 28, 28, 1))));
    var outputs = model.function("serving_default").call(inputs);
    ((TFloat32) outputs.get("probabilities").get()).scalars().forEach(value -> System.out.println("probabilities " + value.getFloat()));
  }
}
