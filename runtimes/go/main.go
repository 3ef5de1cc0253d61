// Runs the ONNX files of a folder in ONNX Runtime: zoo-onnxruntime LIBRARY FOLDER
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

type array struct {
	Dtype string  `json:"dtype"`
	Shape []int64 `json:"shape"`
	File  string  `json:"file"`
}

type testSet struct {
	Inputs  map[string]array `json:"inputs"`
	Outputs []string         `json:"outputs"`
}

type modelFile struct {
	Id   string    `json:"id"`
	Path string    `json:"path"`
	Sets []testSet `json:"sets"`
}

type setResult struct {
	Error   *string          `json:"error"`
	Seconds float64          `json:"seconds"`
	Outputs map[string]array `json:"outputs"`
}

type fileResult struct {
	Id          string      `json:"id"`
	Error       *string     `json:"error"`
	LoadSeconds float64     `json:"load_seconds"`
	Sets        []setResult `json:"sets"`
}

type results struct {
	Runtime string       `json:"runtime"`
	Version string       `json:"version"`
	Files   []fileResult `json:"files"`
}

var dtypes = map[string]ort.TensorElementDataType{
	"float32": ort.TensorElementDataTypeFloat,
	"float64": ort.TensorElementDataTypeDouble,
	"float16": ort.TensorElementDataTypeFloat16,
	"int8":    ort.TensorElementDataTypeInt8,
	"int16":   ort.TensorElementDataTypeInt16,
	"int32":   ort.TensorElementDataTypeInt32,
	"int64":   ort.TensorElementDataTypeInt64,
	"uint8":   ort.TensorElementDataTypeUint8,
	"bool":    ort.TensorElementDataTypeBool,
}

var folder string
var written int

func main() {
	log.SetFlags(0)
	folder = os.Args[2]
	ort.SetSharedLibraryPath(os.Args[1])
	check(ort.InitializeEnvironment(ort.WithLogLevelFatal()))
	var manifest struct{ Files []modelFile }
	content, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	check(err)
	check(json.Unmarshal(content, &manifest))
	all := results{Runtime: "onnxruntime_go with onnxruntime", Version: ort.GetVersion()}
	for _, file := range manifest.Files {
		all.Files = append(all.Files, runFile(file))
		content, err := json.Marshal(all)
		check(err)
		check(os.WriteFile(filepath.Join(folder, "results.json"), content, 0o666))
	}
}

func runFile(file modelFile) fileResult {
	result := fileResult{Id: file.Id, Sets: []setResult{}}
	inputs, outputs, err := ort.GetInputOutputInfo(file.Path)
	if err != nil {
		result.Error = oneLine(err)
		return result
	}
	start := time.Now()
	session, err := ort.NewDynamicAdvancedSession(file.Path, names(inputs), names(outputs), nil)
	if err != nil {
		result.Error = oneLine(err)
		return result
	}
	defer session.Destroy()
	result.LoadSeconds = time.Since(start).Seconds()
	for _, set := range file.Sets {
		values, seconds, err := runSet(session, names(inputs), names(outputs), set)
		result.Sets = append(result.Sets, setResult{oneLine(err), seconds, values})
	}
	return result
}

func names(tensors []ort.InputOutputInfo) []string {
	all := []string{}
	for _, tensor := range tensors {
		all = append(all, tensor.Name)
	}
	return all
}

func runSet(session *ort.DynamicAdvancedSession, inputs, outputs []string, set testSet) (map[string]array, float64, error) {
	if len(inputs) != len(set.Inputs) {
		return nil, 0, fmt.Errorf("its inputs are %v", inputs)
	}
	values := make([]ort.Value, len(inputs))
	for index, name := range inputs {
		value, err := readTensor(set.Inputs[name])
		if err != nil {
			return nil, 0, fmt.Errorf("the input %s: %w", name, err)
		}
		defer value.Destroy()
		values[index] = value
	}
	results := make([]ort.Value, len(outputs))
	start := time.Now()
	if err := session.Run(values, results); err != nil {
		return nil, 0, err
	}
	seconds := time.Since(start).Seconds()
	arrays := map[string]array{}
	for index, name := range outputs {
		defer results[index].Destroy()
		value, err := writeTensor(results[index])
		if err != nil {
			return nil, 0, err
		}
		arrays[name] = value
	}
	return arrays, seconds, nil
}

func readTensor(input array) (ort.Value, error) {
	dtype, known := dtypes[input.Dtype]
	if !known {
		return nil, fmt.Errorf("this program has no dtype %q", input.Dtype)
	}
	content, err := os.ReadFile(filepath.Join(folder, input.File))
	if err != nil {
		return nil, err
	}
	return ort.NewCustomDataTensor(ort.NewShape(input.Shape...), content, dtype)
}

func writeTensor(value ort.Value) (array, error) {
	var data any
	var dtype string
	switch tensor := value.(type) {
	case *ort.Tensor[float32]:
		data, dtype = tensor.GetData(), "float32"
	case *ort.Tensor[float64]:
		data, dtype = tensor.GetData(), "float64"
	case *ort.Tensor[int8]:
		data, dtype = tensor.GetData(), "int8"
	case *ort.Tensor[int16]:
		data, dtype = tensor.GetData(), "int16"
	case *ort.Tensor[int32]:
		data, dtype = tensor.GetData(), "int32"
	case *ort.Tensor[int64]:
		data, dtype = tensor.GetData(), "int64"
	case *ort.Tensor[uint8]:
		data, dtype = tensor.GetData(), "uint8"
	case *ort.Tensor[bool]:
		data, dtype = tensor.GetData(), "bool"
	default:
		return array{}, fmt.Errorf("this program has no dtype for %T", value)
	}
	var content bytes.Buffer
	if err := binary.Write(&content, binary.LittleEndian, data); err != nil {
		return array{}, err
	}
	name := fmt.Sprintf("out-%d.bin", written)
	written++
	path := filepath.Join(folder, name)
	return array{dtype, value.GetShape(), name}, os.WriteFile(path, content.Bytes(), 0o666)
}

func oneLine(err error) *string {
	if err == nil {
		return nil
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	return &text
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
