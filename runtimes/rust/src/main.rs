//! Runs the ONNX files of a folder in ONNX Runtime: zoo-onnxruntime LIBRARY FOLDER

use ort::memory::Allocator;
use ort::session::{builder::SessionBuilder, Session};
use ort::value::{DynTensor, DynTensorRef, TensorElementType};
use serde_json::{json, Map, Value};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const DTYPES: [(&str, TensorElementType); 9] = [
    ("float32", TensorElementType::Float32),
    ("float64", TensorElementType::Float64),
    ("float16", TensorElementType::Float16),
    ("int8", TensorElementType::Int8),
    ("int16", TensorElementType::Int16),
    ("int32", TensorElementType::Int32),
    ("int64", TensorElementType::Int64),
    ("uint8", TensorElementType::Uint8),
    ("bool", TensorElementType::Bool),
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (library, folder) = (PathBuf::from(&arguments[1]), PathBuf::from(&arguments[2]));
    let environment = ort::init_from(&library)?.build()?;
    let library_name = library.file_name().unwrap_or_default().to_string_lossy();
    let version = format!("2.0.0-rc.15 with {library_name}");
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json"))?)?;
    let mut writer = Writer { folder, count: 0 };
    let mut files = Vec::new();
    for file in list(&manifest["files"]) {
        let builder = Session::builder(&environment)?;
        files.push(run_file(file, builder, &mut writer));
        let results = json!({"runtime": "ort", "version": version, "files": files});
        fs::write(writer.folder.join("results.json"), results.to_string())?;
    }
    Ok(())
}

fn run_file(file: &Value, mut builder: SessionBuilder, writer: &mut Writer) -> Value {
    let start = Instant::now();
    let path = Path::new(file["path"].as_str().unwrap_or(""));
    match builder.commit_from_file(path) {
        Ok(mut session) => {
            let seconds = start.elapsed().as_secs_f64();
            let sets: Vec<Value> = list(&file["sets"])
                .map(|set| {
                    run_set(set, &mut session, writer).unwrap_or_else(
                        |error| json!({"error": one_line(&*error), "seconds": null, "outputs": {}}),
                    )
                })
                .collect();
            json!({"id": file["id"], "error": null, "load_seconds": seconds, "sets": sets})
        }
        Err(error) => {
            json!({"id": file["id"], "error": one_line(&error), "load_seconds": null, "sets": []})
        }
    }
}

fn run_set(set: &Value, session: &mut Session, writer: &mut Writer) -> Result<Value> {
    let mut inputs = Vec::new();
    for (name, array) in set["inputs"].as_object().ok_or("a set has no inputs")? {
        inputs.push((name.clone(), read_tensor(array, &writer.folder)?));
    }
    let start = Instant::now();
    let results = session.run(inputs)?;
    let seconds = start.elapsed().as_secs_f64();
    let mut outputs = Map::new();
    for (name, value) in results.iter() {
        outputs.insert(name.to_string(), writer.write_tensor(&value.downcast()?)?);
    }
    Ok(json!({"error": null, "seconds": seconds, "outputs": outputs}))
}

fn read_tensor(array: &Value, folder: &Path) -> Result<DynTensor> {
    let name = array["dtype"].as_str().unwrap_or("");
    let dtype = DTYPES.iter().find(|(dtype, _)| *dtype == name);
    let (_, dtype) = dtype.ok_or_else(|| format!("this program has no dtype {name}"))?;
    let shape: Vec<i64> = list(&array["shape"]).filter_map(Value::as_i64).collect();
    let bytes = fs::read(folder.join(array["file"].as_str().unwrap_or("")))?;
    let mut tensor = DynTensor::new(&Allocator::default(), *dtype, shape)?;
    if tensor.size() != Some(bytes.len()) {
        return Err("the file of an array has the wrong size".into());
    }
    // The tensor has exactly as many bytes as the file.
    unsafe {
        tensor
            .data_ptr_mut()
            .cast::<u8>()
            .copy_from(bytes.as_ptr(), bytes.len())
    };
    Ok(tensor)
}

/// Writes outputs into the folder, under names with a number.
struct Writer {
    folder: PathBuf,
    count: usize,
}

impl Writer {
    fn write_tensor(&mut self, tensor: &DynTensorRef) -> Result<Value> {
        let dtype = DTYPES.iter().find(|(_, dtype)| dtype == tensor.data_type());
        let (dtype, _) = dtype.ok_or_else(|| format!("no dtype for {}", tensor.data_type()))?;
        let size = tensor.size().unwrap_or(0);
        // An empty tensor may have no address.
        let bytes = match size {
            0 => &[],
            _ => unsafe { std::slice::from_raw_parts(tensor.data_ptr().cast::<u8>(), size) },
        };
        let name = format!("out-{}.bin", self.count);
        self.count += 1;
        fs::write(self.folder.join(&name), bytes)?;
        Ok(json!({"dtype": dtype, "shape": tensor.shape().to_vec(), "file": name}))
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn one_line(error: &dyn Error) -> String {
    error
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
