package main

import (
	"fmt"
	"log"
	"os"

	ort "github.com/yalue/onnxruntime_go"
)

func main() {
	ort.SetSharedLibraryPath(os.Getenv("ORT_DYLIB_PATH"))
	must(0, ort.InitializeEnvironment())
	inputs, outputs := []string{"image"}, []string{"probabilities"}
	session := must(ort.NewDynamicAdvancedSession("classifier.onnx", inputs, outputs, nil))
	results := make([]ort.Value, len(outputs))
	must(0, session.Run([]ort.Value{
		must(ort.NewTensor(ort.NewShape(1, 28, 28, 1), make([]float32, 784))), // image
	}, results))
	for index, name := range outputs {
		fmt.Println(name, results[index].GetShape(), results[index].(*ort.Tensor[float32]).GetData())
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
