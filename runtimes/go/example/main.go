// go get github.com/yalue/onnxruntime_go@v1.27.0
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
	session := must(ort.NewDynamicAdvancedSession("classifier.onnx", []string{
		"image",
	}, []string{
		"probabilities",
	}, nil))
	inputs := []ort.Value{
		must(ort.NewTensor(ort.NewShape(1, 28, 28, 1), make([]float32, 784))), // image
	}
	outputs := []ort.Value{
		nil, // probabilities: made by Run
	}
	must(0, session.Run(inputs, outputs))
	fmt.Println("probabilities", outputs[0].(*ort.Tensor[float32]).GetData())
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
