package sqlite

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// A walSum is the checksum that SQLite has in a WAL. Each frame's goes on from the one
// before.
type walSum [2]uint32

func (s walSum) add(order binary.ByteOrder, b []byte) walSum {
	for ; len(b) >= 8; b = b[8:] {
		s[0] += order.Uint32(b) + s[1]
		s[1] += order.Uint32(b[4:]) + s[0]
	}
	return s
}

// walSumAt returns the checksum that stands in a header.
func walSumAt(b []byte) walSum {
	return walSum{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

// checkWAL looks for damage in the WAL that a process left behind. SQLite ends a WAL at
// the first frame whose checksum is wrong, without a word. That is right for the commit
// that was under way when the power went. But a frame that was written after a later sync
// proves that what stands before it was on the disk, and acknowledged.
//
// Two commits may be under way: a batch, and what is noted while the disk works on it. So a
// damaged frame among the last commits cannot be told from a power cut.
func checkWAL(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var header [32]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return walEnd(err)
	}
	magic, page := binary.BigEndian.Uint32(header[:]), binary.BigEndian.Uint32(header[8:])
	var order binary.ByteOrder = binary.LittleEndian
	if magic&1 != 0 {
		order = binary.BigEndian
	}
	last := walSum{}.add(order, header[:24])
	sound := magic&^1 == walMagic && last == walSumAt(header[24:])
	if page < 512 || page > 1<<16 || page&(page-1) != 0 {
		page = 4096 // as files that this package makes have it
	}
	salts := [8]byte(header[16:24])
	frame := make([]byte, 24+page)
	should := last
	damaged := 0 // the first frame that is, counted from 1
	for n, commits := 1, 0; ; n++ {
		if _, err := io.ReadFull(r, frame); err != nil {
			return walEnd(err)
		}
		// After a damaged frame its own sum may be right, or the one that it should have.
		has := walSumAt(frame[16:])
		next := last.add(order, frame[:8]).add(order, frame[24:])
		whole := next == has || should != last && should.add(order, frame[:8]).add(order, frame[24:]) == has
		last, should = has, next
		switch {
		case !sound && whole && n > 1: // the first frame's sum goes on from the header's
			return fmt.Errorf("%w: the WAL's header is not as it was written", ErrCorrupt)
		case !sound:
		case !whole || [8]byte(frame[8:16]) != salts:
			if damaged == 0 {
				damaged = n
			}
		case damaged != 0:
			if commits == 2 {
				return fmt.Errorf("%w: frame %d of the WAL is not as it was written, and later ones are", ErrCorrupt, damaged)
			}
			if binary.BigEndian.Uint32(frame[4:]) != 0 {
				commits++
			}
		}
	}
}

// walEnd returns nil for the end of the file, within a frame or not.
func walEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
