package value

import "testing"

// document is about 400 bytes of what flows between states.
const document = `{"orderId":"ord-2041","customer":{"id":"c-77","name":"Ada Byron","email":"ada@example.org"},` +
	`"items":[{"sku":"tea-01","quantity":2,"price":4.5,"tags":["loose","green"]},{"sku":"pot-12","quantity":1,` +
	`"price":39.9,"tags":[]}],"total":48.9,"currency":"EUR","paid":true,"coupon":null,"shipping":{"method":"express",` +
	`"address":{"street":"12 Mill Lane","city":"Leeds","zip":"LS1 4DL","country":"GB"}},"attempt":3}`

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(document)))
	for b.Loop() {
		if _, err := Parse(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	v, err := Parse(document)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(document)))
	var dst []byte
	for b.Loop() {
		dst = Append(dst[:0], v)
	}
}

func BenchmarkSize(b *testing.B) {
	v, err := Parse(document)
	if err != nil {
		b.Fatal(err)
	}
	o := v.(*Object)
	b.ReportAllocs()
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			Size(o.With("attempt", int64(4)))
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			Size(o)
		}
	})
}

func BenchmarkGet(b *testing.B) {
	v, err := Parse(document)
	if err != nil {
		b.Fatal(err)
	}
	o := v.(*Object)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := o.Get("shipping"); !ok {
			b.Fatal("lost")
		}
	}
}

func BenchmarkOf(b *testing.B) {
	v, err := Parse(document)
	if err != nil {
		b.Fatal(err)
	}
	var m map[string]any
	if err := Decode(v, &m); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Of(m); err != nil {
			b.Fatal(err)
		}
	}
}
