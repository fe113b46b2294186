package items_test

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"log"

	_ "modernc.org/sqlite"

	"github.com/gostates/gostates/asl/value"
	"github.com/gostates/gostates/engine/items"
)

// The rows of a query are a source of items. After a crash the query is made again, without
// the rows that were read before.
func ExampleSeqFrom() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has a database of its own
	if _, err := db.Exec(`CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
		INSERT INTO customers VALUES (7, 'Ada'), (8, 'Grace'), (9, 'Edsger')`); err != nil {
		log.Fatal(err)
	}

	type customer struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	customers := items.SeqFrom("customers", func(ctx context.Context, from int64) iter.Seq2[customer, error] {
		return func(yield func(customer, error) bool) {
			rows, err := db.QueryContext(ctx, "SELECT id, name FROM customers ORDER BY id LIMIT -1 OFFSET ?", from)
			if err != nil {
				yield(customer{}, err)
				return
			}
			defer rows.Close()
			for rows.Next() {
				var c customer
				if err := rows.Scan(&c.ID, &c.Name); !yield(c, err) || err != nil {
					return
				}
			}
			if err := rows.Err(); err != nil {
				yield(customer{}, err)
			}
		}
	})

	var place items.Place
	for item, err := range customers.Items(context.Background(), place) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(value.String(item.Value), item.Source)
		place = item.Next
		break // and the process is gone
	}
	for item := range customers.Items(context.Background(), place) {
		fmt.Println(value.String(item.Value), item.Next.Index)
	}
	// Output:
	// {"id":7,"name":"Ada"} customers
	// {"id":8,"name":"Grace"} 2
	// {"id":9,"name":"Edsger"} 3
}
