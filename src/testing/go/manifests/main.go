// Reads manifests on stdin as strictly as an API server with fieldValidation=Strict: unknown and
// doubled fields and wrong types are refused. Prints each object as JSON, one a line, as Kubernetes'
// own types have it. For src/testing/strict-manifests.ts.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	scheme := runtime.NewScheme()
	fail(batchv1.AddToScheme(scheme))
	fail(corev1.AddToScheme(scheme))
	options := serializer.SerializerOptions{Yaml: true, Strict: true}
	decoder := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, options)
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return
		}
		fail(err)
		object, _, err := decoder.Decode(document, nil, nil)
		fail(err)
		text, err := json.Marshal(object)
		fail(err)
		fmt.Println(string(text))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
