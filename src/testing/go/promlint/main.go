// What `promtool check metrics` does (promlint) and what node_exporter's textfile collector reads with
// (expfmt), of the files named: problems on lines PROBLEM, families on lines FAMILY. Ends with 3 where
// there are problems, as promtool does. For formats.interop.e2e.test.ts.
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func main() {
	code := 0
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		fail(err)
		problems, err := promlint.New(bytes.NewReader(text)).Lint()
		fail(err)
		for _, problem := range problems {
			fmt.Println("PROBLEM", problem.Metric, problem.Text)
			code = 3
		}
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
		fail(err)
		for name, family := range families {
			fmt.Println("FAMILY", name, family.GetType(), len(family.GetMetric()))
		}
	}
	os.Exit(code)
}

func fail(err error) {
	if err != nil {
		fmt.Println("PROBLEM", err)
		os.Exit(1)
	}
}
