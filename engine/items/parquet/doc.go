// Package parquet reads the rows of Parquet files as the items of a Distributed Map: objects
// of the InputType PARQUET, one by one, in a list, or named by a manifest. Give a [Format] to
// an [items.Reader].
//
//	reader := &items.Reader{Objects: store, Object: file, Config: items.Config{InputType: "PARQUET"}, Parquet: parquet.Format{}}
//
// A file is read row group by row group and page by page: in memory are the pages that are
// being read, one of each column, whatever the size of the file. The place behind an item is
// its row group and row, so that reading goes on there after a crash.
//
// # What rows become
//
// A row becomes a JSON object with a member for each column, in the order of the file's
// schema. AWS documents that rows become items, and not in which form; all of this is a guess:
//
//   - A null is null, and its member stays. Booleans are booleans.
//   - Integers are numbers, of any width and sign. A FLOAT is the shortest number that means
//     the same as a FLOAT; NaN and the infinities, which JSON hasn't, are the texts "NaN",
//     "Infinity" and "-Infinity".
//   - A DECIMAL column is numbers when all that it can have are exact as numbers: with at most
//     15 digits, or 18 when none is behind the point. Any other is texts, such as "12.3400".
//   - STRING, ENUM and UUID are texts. JSON is the value that is written there.
//   - DATE is "2026-11-28", TIME is "12:00:00.5", TIMESTAMP is "2026-11-28T12:00:00.5Z", without
//     the Z when the column's times are local ones. INT96, in which older writers keep
//     timestamps, is one in UTC.
//   - LIST is an array, also in the forms of older writers, as is a repeated column without
//     annotation. MAP is an object, whose keys are texts: of two equal ones the last counts.
//   - A group is an object.
//   - Anything else, such as BSON, INTERVAL and bytes without annotation, is base64.
//
// # Limits
//
// As on AWS (documented), a row group has at most 256 MB, uncompressed, and the footer at most
// 5 MB; files are packed within by Snappy, GZIP or ZSTD, or not at all. Encrypted ones can't be
// read. A file that is damaged is an [*items.Error]; one that is made to lie about its sizes can
// unpack to 2 GiB for a page, whatever its footer says, so read only what you trust that far.
package parquet
