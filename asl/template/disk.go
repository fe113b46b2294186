package template

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Disk returns the files of the operating system, for [Reader.Files]. Unlike those of
// os.DirFS they have the names that a command line has: relative to the working folder, with
// ".." in them, or absolute, and with slashes everywhere. Templates that are not trusted
// should be given an os.DirFS, which they can't look out of as easily.
func Disk() fs.FS { return disk{} }

type disk struct{}

func (disk) Open(name string) (fs.File, error) { return os.Open(filepath.FromSlash(name)) }
