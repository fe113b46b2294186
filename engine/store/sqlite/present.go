package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A presence notices that the database or a file beside it is not the one that was
// opened. What is written then goes where nobody will find it.
type presence struct {
	path  string
	owner *ownership
	wal   *os.File
	files []expected
	size  int64 // the largest that the database had
	known bool  // the WAL's beginning was looked at
}

// An expected file is the one that a name must lead to.
type expected struct {
	name string
	info os.FileInfo
}

// walMagic begins a WAL, but for its last bit.
const walMagic = 0x377f0682

// look notes the files that are there when a connection has been opened.
func (p *presence) look() error {
	p.files, p.size, p.known = p.files[:0], 0, false
	for _, name := range []string{p.path, p.path + "-wal", p.path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			return gone(name, err)
		}
		p.files = append(p.files, expected{name, info})
	}
	return p.check()
}

// check returns an error of kind ErrReplaced unless all is as it was. It takes some
// microseconds, and is done for each commit.
func (p *presence) check() error {
	for i, f := range p.files {
		info, err := os.Stat(f.name)
		if err != nil {
			return gone(f.name, err)
		}
		if was := f.info; i == 0 && !os.SameFile(info, p.owner.info) || !os.SameFile(info, was) {
			return fmt.Errorf("%w: %s is another file than the one that was opened", ErrReplaced, f.name)
		}
		if i == 0 {
			if err := p.checkSize(info.Size()); err != nil {
				return err
			}
		}
	}
	// Who truncates the WAL by a checkpoint has it begin anew. Otherwise the next commit is
	// written where it would have been, behind nothing.
	var magic [4]byte
	_, err := p.wal.ReadAt(magic[:], 0)
	if p.known && err == nil && binary.BigEndian.Uint32(magic[:])&^1 != walMagic {
		return fmt.Errorf("%w: %s-wal was truncated", ErrReplaced, p.path)
	}
	p.known = true
	return nil
}

// checkSize notices that the database was truncated. One may shrink when another program
// vacuums it; then its header says how many pages it has.
func (p *presence) checkSize(size int64) error {
	if size >= p.size {
		p.size = size
		return nil
	}
	var header [32]byte
	_, err := p.owner.file.ReadAt(header[:], 0)
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 1 << 16
	}
	if pages := int64(binary.BigEndian.Uint32(header[28:])); err != nil || size < pages*page || pages == 0 {
		return fmt.Errorf("%w: %s was truncated to %d bytes", ErrReplaced, p.path, size)
	}
	p.size = size
	return nil
}

// gone says that a file cannot be found by its name.
func gone(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: there is no %s any more", ErrReplaced, name)
	}
	return err
}

// claim has the database that its name leads to be owned, and returns the ownership of
// the one that was opened before if it is another, nil if it isn't.
func (s *Store) claim() (before *ownership, err error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, gone(s.path, err)
	}
	if os.SameFile(info, s.owner.info) {
		return nil, nil
	}
	if wal, err := os.Stat(s.path + "-wal"); err == nil && s.owner.hasWAL(wal) {
		return nil, fmt.Errorf("%w: the WAL beside it belongs to the file that was there before", ErrReplaced)
	}
	now, err := own(s.path, false, nil)
	if err != nil {
		return nil, err
	}
	before, s.owner = s.owner, now
	return before, nil
}

// An identity tells a file from others, and how much stands in it.
type identity struct {
	file int64 // a random number that the file has from its beginning
	counters
}

// known checks that a file which is opened anew is the one that was open, or a copy that
// has all that was acknowledged.
func (i identity) known(now identity) error {
	switch {
	case now.file != i.file:
		return fmt.Errorf("%w: it is another store's file", ErrReplaced)
	case now.execution < i.execution || now.row < i.row:
		return fmt.Errorf("%w: it is an earlier copy of the file, without what was acknowledged since", ErrReplaced)
	}
	return nil
}
