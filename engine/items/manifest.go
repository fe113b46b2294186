package items

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"strings"
)

// maxManifest is how long a manifest may be, in bytes. The largest that S3 writes have
// some hundred bytes for each of some thousand files.
const maxManifest = 64 << 20

// readManifest reads the items of the files that a manifest names.
func (r *Reader) readManifest(ctx context.Context, mark string, take func(Item) bool) error {
	if r.Config.ManifestType == "ATHENA_DATA" {
		files, err := r.athenaFiles(ctx)
		if err != nil {
			return err
		}
		kind := r.Config.InputType
		if kind == "MANIFEST" {
			return failed("A manifest of Athena needs the InputType of its files.")
		}
		return r.readFiles(ctx, in(files), kind, mark, take)
	}
	files, kind, err := r.inventoryFiles(ctx)
	if err != nil {
		return err
	}
	return r.readFiles(ctx, in(files), kind, mark, take)
}

// in yields the files of a list behind a mark.
func in(files []file) func(fileMark) iter.Seq2[file, error] {
	return func(from fileMark) iter.Seq2[file, error] {
		return func(yield func(file, error) bool) {
			for i := from.File; i < len(files); i++ {
				if !yield(files[i], nil) {
					return
				}
			}
		}
	}
}

// An inventory is the manifest.json of an S3 inventory.
type inventory struct {
	DestinationBucket string `json:"destinationBucket"`
	FileFormat        string `json:"fileFormat"`
	FileSchema        string `json:"fileSchema"`
	Files             []struct {
		Key string `json:"key"`
	} `json:"files"`
}

// inventoryFiles returns the files of an S3 inventory and their format (documented). The
// rows of its CSV files have no header; the manifest has it.
func (r *Reader) inventoryFiles(ctx context.Context) ([]file, string, error) {
	text, err := r.manifest(ctx)
	if err != nil {
		return nil, "", err
	}
	var m inventory
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, "", &Error{Cause: "The manifest " + r.Object.String() + " can't be read: " + err.Error(), Err: err}
	}
	kind := strings.ToUpper(m.FileFormat)
	if kind != "CSV" && kind != "PARQUET" {
		return nil, "", failed("The manifest %s is of files in the format %q; CSV and Parquet can be read.", r.Object, m.FileFormat)
	}
	var header []string
	if kind == "CSV" {
		for name := range strings.SplitSeq(m.FileSchema, ",") {
			header = append(header, strings.TrimSpace(name))
		}
	}
	bucket := m.DestinationBucket[strings.LastIndexByte(m.DestinationBucket, ':')+1:] // it is an ARN
	if bucket == "" {
		bucket = r.Object.Bucket
	}
	files := make([]file, len(m.Files))
	for i, f := range m.Files {
		files[i] = r.file(bucket, f.Key)
		files[i].header = header
	}
	return files, kind, nil
}

// athenaFiles returns the files of the manifest that an UNLOAD of Athena writes: the
// address of a file in each line (documented).
func (r *Reader) athenaFiles(ctx context.Context) ([]file, error) {
	text, err := r.manifest(ctx)
	if err != nil {
		return nil, err
	}
	var files []file
	for line := range strings.Lines(string(text)) {
		address := strings.Trim(strings.TrimSpace(line), `"`)
		if address == "" {
			continue
		}
		rest, ok := strings.CutPrefix(address, "s3://")
		bucket, key, found := strings.Cut(rest, "/")
		if !ok || !found || bucket == "" || key == "" {
			return nil, failed("The manifest %s names %q, which is no address of an object.", r.Object, address)
		}
		files = append(files, r.file(bucket, key))
	}
	return files, nil
}

// manifest reads the manifest.
func (r *Reader) manifest(ctx context.Context) ([]byte, error) {
	content, err := r.opener(ctx, r.Object)(0)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	text, err := io.ReadAll(io.LimitReader(content, maxManifest+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxManifest {
		return nil, failed("The manifest %s is longer than %d bytes.", r.Object, maxManifest)
	}
	return text, nil
}
