import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The folder with manifest.json: reads the files' inputs, runs them, writes results.json. */
final class Manifest {
  /** An array: its dtype in NumPy's words, its shape, and its bytes in this machine's order. */
  record Array(String dtype, long[] shape, ByteBuffer bytes) {}

  /** An opened file. */
  interface Runner extends AutoCloseable {
    Map<String, Array> run(Map<String, Array> inputs, List<String> outputs) throws Exception;

    @Override
    default void close() throws Exception {}
  }

  /** Opens a file in the runtime. */
  interface Opener {
    Runner open(String path) throws Exception;
  }

  private record ArrayFile(String dtype, long[] shape, String file) {}

  private record TestSet(Map<String, ArrayFile> inputs, List<String> outputs) {}

  private record ModelFile(String id, String path, String format, List<TestSet> sets) {}

  private record Content(List<ModelFile> files) {}

  private record SetResult(String error, Double seconds, Map<String, ArrayFile> outputs) {}

  private record FileResult(String id, String error, Double load_seconds, List<SetResult> sets) {}

  private record Results(String runtime, String version, List<FileResult> files) {}

  private static final Gson JSON = new GsonBuilder().serializeNulls().create();

  private final Path folder;
  private int written;

  private Manifest(Path folder) {
    this.folder = folder;
  }

  /** Runs all files of a folder. */
  static void run(Path folder, String runtime, String version, Opener opener) throws IOException {
    Manifest manifest = new Manifest(folder);
    Content content = JSON.fromJson(Files.readString(folder.resolve("manifest.json")), Content.class);
    List<FileResult> results = new ArrayList<>();
    for (ModelFile file : content.files()) {
      results.add(manifest.runFile(file, opener));
      String text = JSON.toJson(new Results(runtime, version, results));
      Files.writeString(folder.resolve("results.json"), text);
    }
  }

  private FileResult runFile(ModelFile file, Opener opener) {
    long start = System.nanoTime();
    try (Runner runner = opener.open(file.path())) {
      double seconds = secondsSince(start);
      List<SetResult> sets = new ArrayList<>();
      for (TestSet set : file.sets()) {
        sets.add(runSet(set, runner));
      }
      return new FileResult(file.id(), null, seconds, sets);
    } catch (Exception | LinkageError error) {
      return new FileResult(file.id(), oneLine(error), null, List.of());
    }
  }

  private SetResult runSet(TestSet set, Runner runner) {
    try {
      Map<String, Array> inputs = new LinkedHashMap<>();
      for (Map.Entry<String, ArrayFile> input : set.inputs().entrySet()) {
        inputs.put(input.getKey(), read(input.getValue()));
      }
      long start = System.nanoTime();
      Map<String, Array> outputs = runner.run(inputs, set.outputs());
      double seconds = secondsSince(start);
      Map<String, ArrayFile> files = new LinkedHashMap<>();
      for (Map.Entry<String, Array> output : outputs.entrySet()) {
        files.put(output.getKey(), write(output.getValue()));
      }
      return new SetResult(null, seconds, files);
    } catch (Exception | LinkageError error) {
      return new SetResult(oneLine(error), null, Map.of());
    }
  }

  private Array read(ArrayFile file) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(file.file()));
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.nativeOrder());
    return new Array(file.dtype(), file.shape(), buffer.put(bytes).flip());
  }

  private ArrayFile write(Array array) throws IOException {
    String name = "out-" + written++ + ".bin";
    byte[] bytes = new byte[array.bytes().remaining()];
    array.bytes().get(bytes);
    Files.write(folder.resolve(name), bytes);
    return new ArrayFile(array.dtype(), array.shape(), name);
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  private static String oneLine(Throwable error) {
    String message = error.getMessage() == null ? "" : ": " + error.getMessage();
    return (error.getClass().getSimpleName() + message).replaceAll("\\s+", " ").strip();
  }
}
