package items_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gostates/gostates/engine/items"
)

// BenchmarkFormats reads rows of five columns, written in each format.
func BenchmarkFormats(b *testing.B) {
	const rows = 20_000
	texts := map[string]*strings.Builder{}
	write := func(name, format string, arguments ...any) {
		if texts[name] == nil {
			texts[name] = new(strings.Builder)
		}
		fmt.Fprintf(texts[name], format, arguments...)
	}
	for _, name := range []string{"CSV", "CSV in quotation marks"} {
		write(name, "id,name,city,amount,paid\n")
	}
	write("JSON", "[")
	for i := range rows {
		name, city, amount, paid := fmt.Sprint("Customer ", i), "Berlin", float64(i%10_000)/4, i%2 == 0
		if i > 0 {
			write("JSON", ",\n")
		}
		write("CSV", "%d,%s,%s,%g,%t\n", i, name, city, amount, paid)
		write("CSV in quotation marks", "%d,%q,%q,%g,%t\n", i, name, city, amount, paid)
		object := fmt.Sprintf(`{"id":%d,"name":%q,"city":%q,"amount":%g,"paid":%t}`, i, name, city, amount, paid)
		write("JSON", "%s", object)
		write("JSONL", "%s\n", object)
	}
	write("JSON", "]")
	for name, text := range texts {
		kind, _, _ := strings.Cut(name, " ")
		b.Run(name, func(b *testing.B) {
			source := object(text.String(), items.Config{InputType: kind, CSVHeaderLocation: "FIRST_ROW"})
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for _, err := range source.Items(b.Context(), items.Place{}) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "items/s")
		})
	}
}
