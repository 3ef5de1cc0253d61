// cargo add ort@=2.0.0-rc.15 --no-default-features --features load-dynamic,std,api-24
use ort::{session::Session, value::Tensor};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let environment = ort::init().build()?; // loads the library that ORT_DYLIB_PATH names
    let mut session = Session::builder(&environment)?.commit_from_file("classifier.onnx")?;
    let outputs = session.run(ort::inputs! {
        "image" => Tensor::from_array(([1, 28, 28, 1], vec![0f32; 784]))?,
    })?;
    println!("probabilities {:?}", outputs["probabilities"].try_extract_tensor::<f32>()?);
    Ok(())
}
